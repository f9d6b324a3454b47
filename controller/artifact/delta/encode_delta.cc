#include "controller/artifact/delta/encode_delta.h"

#include <algorithm>
#include <map>

#include "controller/artifact/delta/counted.h"
#include "controller/artifact/delta/delta_plan.h"
#include "controller/artifact/delta/region_pack.h"
#include "controller/artifact/numbers/find_numbers.h"
#include "schemas/protocol/delta/memory.h"

namespace flotilla::controller {
namespace {

constexpr uint32_t kUnitSlack = 256;  ///< room of one erase unit's operation and framing in a chunk
/// The full codec is tried on so many bytes of each stretch of kProbeEach.
constexpr uint64_t kProbe = 64 * 1024;
constexpr uint64_t kProbeEach = 1 << 20;
constexpr uint64_t kFarSmaller = 85;  ///< percent of the full payload's estimate

/// Files that no reader knows get the numbers that were found in them as tensors.
EncodeInput with_numbers(const EncodeInput& input, const std::atomic<bool>& cancel) {
  EncodeInput out = input;
  const ModelFile& model = input.target_model;
  if (model.format != ModelFormat::kUnknown || !model.tensors.empty()) return out;
  FoundNumbers found = find_numbers(input.base, input.target, cancel);
  out.base_model = std::move(found.base);
  out.target_model = std::move(found.target);
  return out;
}

/// Of two encodings of one region; of equal ones the second.
bool is_better(const Region& first, const Region& second) {
  return first.size < second.size;
}

/// Gives back the memory of a region that is not taken.
void forget(Region& region) {
  region.chunks = {};
  region.costs = {};
}

/// The largest that the memory allows.
uint8_t profile_for(uint32_t memory) {
  uint8_t best = delta::kSmallProfile;
  for (uint8_t profile = 0; profile < delta::kProfileCount; ++profile) {
    if (memory == 0 || delta::decoder_memory(profile) <= memory) best = profile;
  }
  return best;
}

PayloadLimits with_profile(PayloadLimits limits) {
  limits.profile = profile_for(limits.decoder_memory);
  return limits;
}

/// What made most of a tensor's bytes.
std::string method_of(const DeltaPlan& plan, const TensorSpan& tensor) {
  std::map<std::string, uint64_t> bytes;
  auto note = std::upper_bound(
      plan.notes.begin(), plan.notes.end(), tensor.offset,
      [](uint64_t at, const PlanNote& candidate) { return at < candidate.place.end; });
  for (; note != plan.notes.end() && note->place.begin < tensor.offset + tensor.size; ++note) {
    if (*note->method != '\0') bytes[note->method] += note->place.end - note->place.begin;
  }
  const auto most = std::max_element(
      bytes.begin(), bytes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == bytes.end() ? "bytes" : most->first;
}

/// One input under one plan.
class Encoding {
 public:
  Encoding(const EncodeInput& input, const PayloadLimits& limits, Parallel& parallel,
           const EncodeWatch& watch)
      : input_(input), limits_(limits), parallel_(parallel), watch_(watch) {}

  Status plan(const char* step) {
    Counted counted(parallel_, watch_, step);
    plan_ = plan_delta(input_.base, input_.base_model, input_.target, input_.target_model,
                       limits_.profile, counted, watch_.cancel);
    return plan_.structure != nullptr ? ok_status() : cancelled();
  }

  /// All of the target. With rivals, the larger one of two keeps nothing but its size.
  Status pack(const char* step, std::vector<Region>& regions, std::vector<Region>& rivals) {
    const uint64_t size = region_size();
    const RegionPacker packer(input_, plan_, limits_);
    regions.resize((input_.target.size() + size - 1) / size);
    Counted(parallel_, watch_, step).for_each(regions.size(), [&](size_t i) {
      const uint64_t end = std::min<uint64_t>((i + 1) * size, input_.target.size());
      regions[i] = packer.pack(i * size, end, watch_.cancel);
      if (!rivals.empty()) forget(is_better(rivals[i], regions[i]) ? regions[i] : rivals[i]);
    });
    for (const Region& region : regions) FLOTILLA_TRY(region.status);
    return cancel_status();
  }

  /// `expected`: payload bytes of all of the target, from samples spread over it.
  Status sample(const char* step, uint64_t& expected) {
    const uint64_t each = whole_units(kProbeEach);
    const uint64_t target = input_.target.size();
    std::vector<Sample> samples((target + each - 1) / each);
    Counted(parallel_, watch_, step).for_each(samples.size(), [&](size_t i) {
      samples[i] = sample_of(i * each, std::min((i + 1) * each, target), i);
    });
    double sum = 0;
    for (const Sample& sample : samples) {
      FLOTILLA_TRY(sample.status);
      sum += sample.bytes;
    }
    expected = static_cast<uint64_t>(sum);
    return cancel_status();
  }

  std::string method(const TensorSpan& tensor) const { return method_of(plan_, tensor); }
  /// Chunks end where regions end.
  uint64_t region_size() const { return kMaxChunkOutput / limits_.erase_unit * limits_.erase_unit; }

 private:
  static Status cancelled() { return {Code::kAborted, "the encoding was cancelled"}; }

  struct Sample {
    double bytes = 0;
    Status status;
  };

  /// Payload bytes of [begin, end) by a part of it, somewhere inside. A chunk that could have gone
  /// on counts by its second half: what it learnt in the first one is not learnt anew elsewhere.
  Sample sample_of(uint64_t begin, uint64_t end, size_t index) const {
    const uint64_t size = std::min(whole_units(kProbe), end - begin);
    const uint64_t room = end - begin - size;
    const uint64_t shift = (index * 5 % 8) * (room / 8) / limits_.erase_unit * limits_.erase_unit;
    const RegionPacker packer(input_, plan_, limits_);
    const Region all = packer.pack(begin + shift, begin + shift + size, watch_.cancel);
    double bytes = static_cast<double>(all.size);
    const uint64_t half = whole_units(size / 2);
    if (all.status.ok() && all.chunks.size() == 1 && half < size && room > 0) {
      const Region first = packer.pack(begin + shift, begin + shift + half, watch_.cancel);
      if (!first.status.ok()) return {0, first.status};
      const double rest = bytes - static_cast<double>(first.size);
      bytes = std::max(rest, 0.0) * static_cast<double>(size) / static_cast<double>(size - half);
    }
    return {bytes * static_cast<double>(end - begin) / static_cast<double>(size), all.status};
  }

  Status cancel_status() const {
    return watch_.cancel.load(std::memory_order_relaxed) ? cancelled() : ok_status();
  }
  /// At least `bytes`.
  uint64_t whole_units(uint64_t bytes) const {
    const uint64_t unit = limits_.erase_unit;
    return (bytes + unit - 1) / unit * unit;
  }

  const EncodeInput& input_;
  const PayloadLimits& limits_;
  Parallel& parallel_;
  const EncodeWatch& watch_;
  DeltaPlan plan_;
};

uint64_t size_of(const std::vector<Region>& regions) {
  uint64_t size = 0;
  for (const Region& region : regions) size += region.size;
  return size;
}

/// Joins regions, each encoded under one of two plans.
class Assembly {
 public:
  Assembly(const EncodeInput& input, const PayloadLimits& limits) : input_(input) {
    file_.decoder_memory = delta::decoder_memory(limits.profile);
    file_.other.size = input.target.size();
    file_.other.method = "bytes";
    for (const TensorSpan& tensor : input.target_model.tensors) {
      TensorCost cost;
      cost.name = tensor.name;
      cost.type = dtype_name(tensor.dtype);
      cost.size = tensor.size;
      file_.other.size -= tensor.size;
      file_.tensors.push_back(std::move(cost));
    }
  }

  void add(Region&& region, const Encoding& encoding) {
    const std::vector<TensorSpan>& tensors = input_.target_model.tensors;
    file_.payload_size += region.size;
    for (const CostShare& share : region.costs) {
      const bool inside = share.tensor < tensors.size();
      TensorCost& cost = inside ? file_.tensors[share.tensor] : file_.other;
      cost.coded += share.bits / 8;
      if (inside && cost.method.empty()) cost.method = encoding.method(tensors[share.tensor]);
    }
    for (EncodedChunk& chunk : region.chunks) {
      file_.needs_base = file_.needs_base || chunk.reads_base;
      file_.chunks.push_back(std::move(chunk));
    }
  }

  EncodedFile finish() {
    double coded = file_.other.coded;
    for (const TensorCost& cost : file_.tensors) coded += cost.coded;
    const uint64_t whole = static_cast<uint64_t>(std::max(coded, 0.0));
    file_.framing = file_.payload_size - std::min(file_.payload_size, whole);
    return std::move(file_);
  }

 private:
  const EncodeInput& input_;
  EncodedFile file_;
};

}  // namespace

ModelFile model_of(Bytes file) {
  Result<ModelFile> model = read_model(file);
  return model.ok() ? std::move(model.value()) : ModelFile{};
}

Status check_limits(Bytes base, Bytes target, const PayloadLimits& limits) {
  if (target.empty()) return {Code::kInvalidArgument, "the image is empty"};
  if (target.size() > kMaxImageSize || base.size() > kMaxImageSize) {
    return {Code::kOutOfRange, "the image is larger than 2 GiB - 1"};
  }
  if (limits.erase_unit == 0 || limits.erase_unit > kMaxChunkOutput) {
    return {Code::kInvalidArgument, "erase_unit is 0 or above the output of a chunk"};
  }
  if (limits.chunk_max > kChunkMaxLimit) {
    return {Code::kInvalidArgument, "chunk_max is above 32 KiB"};
  }
  if (limits.chunk_max < uint64_t{limits.erase_unit} + kUnitSlack) {
    return {Code::kInvalidArgument, "chunk_max is below erase_unit + 256"};
  }
  const uint32_t least = delta::decoder_memory(delta::kSmallProfile);
  if (limits.decoder_memory != 0 && limits.decoder_memory < least) {
    return {Code::kResourceExhausted, "decoder_memory is below what the smallest profile needs"};
  }
  return ok_status();
}

Result<EncodedFile> encode_delta(const EncodeInput& files, const PayloadLimits& limits,
                                 Parallel& parallel, const EncodeWatch& watch) {
  FLOTILLA_TRY(check_limits(files.base, files.target, limits));
  const EncodeInput input = with_numbers(files, watch.cancel);
  const PayloadLimits chosen = with_profile(limits);
  Encoding encoding(input, chosen, parallel, watch);
  FLOTILLA_TRY(encoding.plan("planning"));
  std::vector<Region> regions;
  std::vector<Region> none;
  FLOTILLA_TRY(encoding.pack("encoding", regions, none));
  Assembly assembly(input, chosen);
  for (Region& region : regions) assembly.add(std::move(region), encoding);
  return assembly.finish();
}

Result<SmallestFile> encode_smallest(const EncodeInput& files, const PayloadLimits& limits,
                                     Parallel& parallel, const EncodeWatch& watch) {
  FLOTILLA_TRY(check_limits(files.base, files.target, limits));
  const EncodeInput input = with_numbers(files, watch.cancel);
  const PayloadLimits chosen = with_profile(limits);
  EncodeInput alone;
  alone.target = input.target;
  alone.target_model = input.target_model;
  Encoding full(alone, chosen, parallel, watch);
  Encoding delta(input, chosen, parallel, watch);
  std::vector<Region> small;
  std::vector<Region> none;
  if (!input.base.empty()) {
    FLOTILLA_TRY(delta.plan("planning"));
    FLOTILLA_TRY(delta.pack("encoding", small, none));
  }
  std::vector<Region> whole;
  FLOTILLA_TRY(full.plan("planning without base"));
  SmallestFile out;
  if (!small.empty()) {
    FLOTILLA_TRY(full.sample("sampling the full payload", out.full_size));
    out.full_is_estimate = size_of(small) * 100 <= out.full_size * kFarSmaller;
  }
  if (!out.full_is_estimate) {
    FLOTILLA_TRY(full.pack("encoding without base", whole, small));
    out.full_size = size_of(whole);
  }
  Assembly assembly(input, chosen);
  for (size_t i = 0; i < std::max(small.size(), whole.size()); ++i) {
    const bool alone_wins = small.empty() || (!whole.empty() && !is_better(small[i], whole[i]));
    assembly.add(std::move(alone_wins ? whole[i] : small[i]), alone_wins ? full : delta);
  }
  out.file = assembly.finish();
  return out;
}

}  // namespace flotilla::controller
