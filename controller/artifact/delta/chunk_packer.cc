#include "controller/artifact/delta/chunk_packer.h"

#include <algorithm>
#include <optional>

#include "controller/artifact/delta/op_coder.h"
#include "controller/artifact/delta/range_encoder.h"
#include "schemas/base/crc32c.h"

namespace flotilla::controller {
namespace {

using delta::Op;

/// Header of a chunk, one operation's and the coder's last bytes: what a chunk that holds its
/// output as it is has beyond it.
constexpr uint32_t kRawReserve = delta::kMaxChunkHeader + 21;

/// A model in memory of its own, and copies of it.
class ModelMemory {
 public:
  explicit ModelMemory(uint8_t profile)
      : words_(delta::model_size(profile) / 8), model_(delta::place(profile, bytes())) {}

  delta::ChunkModel& model() { return model_; }
  const std::vector<uint64_t>& words() const { return words_; }
  void restore(const std::vector<uint64_t>& words) {
    std::copy(words.begin(), words.end(), words_.begin());
  }

 private:
  MutableBytes bytes() { return {reinterpret_cast<uint8_t*>(words_.data()), words_.size() * 8}; }

  std::vector<uint64_t> words_;
  delta::ChunkModel model_;
};

/// The longest stretch of the base that a chunk reads more or less in one piece: what its header
/// guards. Small pieces of structure may come from anywhere in the base.
class BaseRanges {
 public:
  void add(const delta::OpHeader& header) {
    any_ = any_ || header.base_size() != 0;
    if (header.base_size() < kLeast) return;
    ranges_.push_back({header.base_offset, header.base_offset + header.base_size()});
  }

  bool any() const { return any_; }

  Span longest() const {
    std::vector<Span> ranges = ranges_;
    std::sort(ranges.begin(), ranges.end(),
              [](const Span& a, const Span& b) { return a.begin < b.begin; });
    Span best;
    Span run;
    for (const Span& range : ranges) {
      if (run.end == 0 || range.begin > run.end + kLeast) run = range;
      run.end = std::max(run.end, range.end);
      if (run.end - run.begin > best.end - best.begin) best = run;
    }
    return best;
  }

 private:
  static constexpr uint64_t kLeast = 256;

  std::vector<Span> ranges_;
  bool any_ = false;
};

/// Calls `each` for the slices of `ops` in [begin, end) until it returns false.
template <class Each>
bool each_part(const std::vector<PlannedOp>& ops, uint64_t begin, uint64_t end, Each&& each) {
  auto op = std::upper_bound(
      ops.begin(), ops.end(), begin,
      [](uint64_t offset, const PlannedOp& candidate) { return offset < candidate.end(); });
  for (; op != ops.end() && op->target_offset < end; ++op) {
    for (const PlannedOp& part : slice(*op, begin, end)) {
      if (!each(part)) return false;
    }
  }
  return true;
}

}  // namespace

/// One chunk while it grows.
class ChunkPacker::Builder {
 public:
  Builder(Bytes base, Bytes target, const PayloadLimits& limits)
      : base_(base), target_(target), limits_(limits), memory_(limits.profile) {}

  void open(uint64_t begin, uint64_t end) {
    begin_ = cut_ = begin;
    end_ = end;
    coded_.clear();
    state_ = {};
    state_.syntax.cursor = begin;
    ranges_ = {};
    latest_is_best_ = false;
    memory_.model().reset();
    encoder_.emplace(coded_);
  }

  /// End of the last erase unit that fits; the chunk may end there.
  uint64_t cut() const { return cut_; }

  /// False when the budget ended inside `op`.
  bool add(const PlannedOp& op) {
    const uint64_t unit = limits_.erase_unit;
    const bool may_cut = op.end() / unit > op.target_offset / unit || op.end() == end_;
    if (may_cut) keep_checkpoint(op.target_offset);
    bool fits = true;
    encode(op, [this, unit, &fits](uint64_t at) {
      fits = encoder_->size_bound() + kReserve <= limits_.chunk_max;
      const uint64_t passed = at == end_ ? end_ : at / unit * unit;
      if (fits && passed > cut_) {
        cut_ = passed;
        latest_is_best_ = true;
      }
      return fits;
    });
    return fits;
  }

  /// Goes back to the start of the operation in which the last unit that fits ended, and returns
  /// where that is. Operations from there to cut() are to be coded again.
  uint64_t rewind() {
    const Checkpoint& checkpoint = latest_is_best_ ? latest_ : best_;
    encoder_->restore(checkpoint.coder);
    state_ = checkpoint.state;
    ranges_ = checkpoint.ranges;
    memory_.restore(checkpoint.words);
    return checkpoint.at;
  }

  void add_surely(const PlannedOp& op) {
    encode(op, [](uint64_t) { return true; });
  }

  EncodedChunk finish(uint64_t end) {
    encoder_->finish();
    EncodedChunk chunk;
    chunk.output_offset = begin_;
    chunk.output_length = static_cast<uint32_t>(end - begin_);
    chunk.reads_base = ranges_.any();
    delta::ChunkHeader header;
    header.profile = limits_.profile;
    header.output_checksum = crc32c(target_.subspan(begin_, chunk.output_length));
    const Span guarded = ranges_.longest();
    if (guarded.end > guarded.begin) {
      header.base_begin = static_cast<uint32_t>(guarded.begin);
      header.base_length = static_cast<uint32_t>(guarded.end - guarded.begin);
      header.base_checksum = crc32c(base_.subspan(guarded.begin, header.base_length));
    }
    uint8_t bytes[delta::kMaxChunkHeader];
    const size_t size = delta::write_chunk_header(header, bytes);
    chunk.payload.assign(reinterpret_cast<const char*>(bytes), size);
    chunk.payload += coded_;
    return chunk;
  }

 private:
  /// Header, and what a second coding with other lengths mostly costs more; where that is not
  /// enough the chunk is packed raw.
  static constexpr size_t kReserve = delta::kMaxChunkHeader + 13;

  struct Checkpoint {
    uint64_t at = 0;
    RangeEncoder::State coder;
    OpCoderState state;
    BaseRanges ranges;
    std::vector<uint64_t> words;
  };

  template <class Watch>
  void encode(const PlannedOp& op, Watch&& watch) {
    ranges_.add(op.header);
    OpCoder<RangeEncoder> coder(base_, target_, *encoder_, memory_.model(), state_, begin_);
    coder.code(op, watch);
  }

  void keep_checkpoint(uint64_t at) {
    if (latest_is_best_) std::swap(latest_, best_);
    latest_is_best_ = false;
    latest_.at = at;
    latest_.coder = encoder_->save();
    latest_.state = state_;
    latest_.ranges = ranges_;
    latest_.words = memory_.words();
  }

  Bytes base_;
  Bytes target_;
  const PayloadLimits& limits_;
  ModelMemory memory_;
  std::string coded_;
  std::optional<RangeEncoder> encoder_;
  OpCoderState state_;
  BaseRanges ranges_;
  uint64_t begin_ = 0;
  uint64_t end_ = 0;
  uint64_t cut_ = 0;
  bool latest_is_best_ = false;
  Checkpoint latest_;
  Checkpoint best_;
};

ChunkPacker::ChunkPacker(Bytes base, Bytes target, const DeltaPlan& plan,
                         const PayloadLimits& limits)
    : base_(base),
      target_(target),
      plan_(plan),
      limits_(limits),
      builder_(std::make_unique<Builder>(base, target, limits_)) {}

ChunkPacker::~ChunkPacker() = default;

std::vector<EncodedChunk> ChunkPacker::pack(uint64_t begin, uint64_t end,
                                            const std::atomic<bool>& cancel) {
  std::vector<EncodedChunk> chunks;
  const uint64_t unit = limits_.erase_unit;
  const uint64_t most = max_chunk_output(limits_);
  uint64_t reach = 0;     // output bytes that are tried
  double density = 0.25;  // coded bytes for each, where the plan does not say
  while (begin < end) {
    if (cancel.load(std::memory_order_relaxed)) return {};
    const uint64_t expected =
        plan_.expected_end(begin, std::min(end, begin + most), limits_.chunk_max, density) - begin;
    reach = std::max({reach, expected + expected / 4, uint64_t{limits_.chunk_max}});
    const uint64_t whole = (reach + unit - 1) / unit * unit;
    const uint64_t stop = std::min({end, begin + most, begin + whole});
    std::optional<EncodedChunk> chunk = pack_one(begin, stop, stop == end || stop == begin + most);
    if (!chunk) {
      reach *= 2;
      continue;
    }
    reach = 0;
    density = static_cast<double>(chunk->payload.size()) / chunk->output_length;
    begin += chunk->output_length;
    chunks.push_back(std::move(*chunk));
  }
  return chunks;
}

std::optional<EncodedChunk> ChunkPacker::pack_one(uint64_t begin, uint64_t end, bool last) {
  const std::vector<PlannedOp> ops = plan_.operations(begin, end);
  builder_->open(begin, end);
  const bool all =
      each_part(ops, begin, end, [this](const PlannedOp& op) { return builder_->add(op); });
  if (all && !last) return std::nullopt;
  const uint64_t cut = all ? end : builder_->cut();
  if (cut == begin) return raw_chunk(begin, end);
  if (!all) {
    each_part(ops, builder_->rewind(), cut, [this](const PlannedOp& op) {
      builder_->add_surely(op);
      return true;
    });
  }
  EncodedChunk chunk = builder_->finish(cut);
  const size_t size = chunk.payload.size();
  const bool is_poor = size > limits_.chunk_max || size > chunk.output_length + kRawReserve;
  return is_poor ? raw_chunk(begin, end) : std::move(chunk);
}

/// As many erase units as fit as they are: one does, see check_limits().
EncodedChunk ChunkPacker::raw_chunk(uint64_t begin, uint64_t end) {
  builder_->open(begin, end);
  const uint64_t unit = limits_.erase_unit;
  const uint64_t units = std::max<uint64_t>((limits_.chunk_max - kRawReserve) / unit, 1);
  const uint64_t cut = std::min(begin + units * unit, end);
  builder_->add_surely(byte_op(Op::kRaw, begin, cut - begin));
  return builder_->finish(cut);
}

}  // namespace flotilla::controller
