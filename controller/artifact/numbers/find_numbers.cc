#include "controller/artifact/numbers/find_numbers.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "controller/artifact/numbers/correlation.h"
#include "controller/artifact/numbers/number_runs.h"

namespace flotilla::controller {
namespace {

constexpr uint64_t kSegment = 16384;  ///< numbers that get their counterpart together
constexpr uint64_t kBlock = 512;      ///< numbers between which a counterpart may change
constexpr uint64_t kPattern = 1024;   ///< numbers that are searched for
constexpr double kTrusted = 0.6;      ///< correlation that needs no search
constexpr double kLeast = 0.25;       ///< below, a base does not help
constexpr uint64_t kSearched = uint64_t{128} << 20;  ///< numbers that all searches go through

/// A number of the base: where the first one of a segment has its counterpart.
struct Place {
  const NumberRun* run = nullptr;
  int64_t index = 0;  ///< may lie outside the run: what does has no counterpart

  Place moved(int64_t numbers) const { return {run, index + numbers}; }
  bool operator==(const Place&) const = default;
};

struct Segment {
  uint64_t first = 0;  ///< number of the run
  uint64_t count = 0;
};

class Aligner {
 public:
  Aligner(Bytes base, Bytes target, const std::atomic<bool>& cancel)
      : base_(base),
        target_(target),
        cancel_(cancel),
        base_runs_(find_number_runs(base)),
        target_runs_(find_number_runs(target)) {}

  FoundNumbers run() {
    for (const NumberRun& run : target_runs_) align(run);
    if (cancel_.load(std::memory_order_relaxed)) return {};
    return std::move(found_);
  }

 private:
  void align(const NumberRun& run) {
    run_ = &run;
    pending_ = {};
    pending_place_.reset();
    std::optional<Place> before;  // of the number after the last segment
    for (uint64_t first = 0; first < run.count; first += kSegment) {
      if (cancel_.load(std::memory_order_relaxed)) return;
      const Segment segment{first, std::min(kSegment, run.count - first)};
      const std::optional<Place> now = place_of(segment, before);
      const uint64_t kept =
          before && now && *now != *before ? kept_part(segment, *before, *now) : 0;
      if (kept != 0) append({first, kept}, before);
      const std::optional<Place> rest = now ? now->moved(static_cast<int64_t>(kept)) : now;
      append({first + kept, segment.count - kept}, rest);
      before = now ? now->moved(static_cast<int64_t>(segment.count)) : now;
    }
    flush();
  }

  // ---- where a segment's counterpart is

  std::optional<Place> place_of(const Segment& segment, const std::optional<Place>& before) {
    std::optional<Place> best;
    double height = kLeast;
    const auto consider = [&](const std::optional<Place>& place) {
      if (!place || height >= kTrusted) return;
      const double now = likeness(segment, *place);
      if (now <= height) return;
      best = place;
      height = now;
    };
    const uint64_t offset = run_->offset + segment.first * size_of(*run_);
    consider(before);
    consider(at_offset(offset));
    consider(at_offset(offset + base_.size() - target_.size()));
    if (height < kTrusted) consider(search(segment));
    return best;
  }

  static uint64_t size_of(const NumberRun& run) { return bits_of(run.dtype) / 8; }

  /// The base's number at that very offset, of the run's type.
  std::optional<Place> at_offset(uint64_t offset) const {
    for (const NumberRun& run : base_runs_) {
      const bool inside = run.offset <= offset && offset < run.end();
      if (!inside || run.dtype != run_->dtype) continue;
      if ((offset - run.offset) % size_of(run) != 0) return std::nullopt;
      return Place{&run, static_cast<int64_t>((offset - run.offset) / size_of(run))};
    }
    return std::nullopt;
  }

  std::optional<Place> search(const Segment& segment) {
    if (segment.count < kPattern || searched_ > kSearched) return std::nullopt;
    const uint64_t middle = (segment.count - kPattern) / 2;
    std::vector<float> pattern(kPattern);
    load(target_, *run_, static_cast<int64_t>(segment.first + middle), pattern);
    Place best;
    double height = kLeast;
    for (const NumberRun& run : base_runs_) {
      searched_ += run.count;
      const CorrelationPeak peak =
          find_correlation(pattern, run.count, [&](uint64_t first, std::span<float> out) {
            load(base_, run, static_cast<int64_t>(first), out);
          });
      if (peak.height <= height) continue;
      best = {&run, static_cast<int64_t>(peak.at) - static_cast<int64_t>(middle)};
      height = peak.height;
    }
    return best.run == nullptr ? std::nullopt : std::optional(best);
  }

  /// Numbers from `first` on; 0 where the run has none.
  static void load(Bytes file, const NumberRun& run, int64_t first, std::span<float> out) {
    for (size_t i = 0; i < out.size(); ++i) {
      const int64_t at = first + static_cast<int64_t>(i);
      const bool inside = at >= 0 && static_cast<uint64_t>(at) < run.count;
      out[i] = inside ? number_at(file, run, static_cast<uint64_t>(at)) : 0;
    }
  }

  /// Correlation of some of the segment's numbers: the better half of parts from all over it, since
  /// what is no weight, or has another counterpart, says nothing of the others.
  double likeness(const Segment& segment, const Place& place) const {
    constexpr uint64_t kParts = 4;
    const uint64_t part = std::min(kBlock, segment.count / kParts);
    std::vector<float> now(part);
    std::vector<float> old(part);
    std::array<double, kParts> heights{};
    for (uint64_t i = 0; i < kParts; ++i) {
      const uint64_t at = (segment.count - part) * i / (kParts - 1);
      load(target_, *run_, static_cast<int64_t>(segment.first + at), now);
      load(base_, *place.run, place.index + static_cast<int64_t>(at), old);
      heights[i] = correlation(now, old);
    }
    std::sort(heights.begin(), heights.end(), std::greater<>());
    return (heights[0] + heights[1]) / 2;
  }

  // ---- from one counterpart to the next

  /// Numbers at the segment's beginning that `before` predicts better than `now`.
  uint64_t kept_part(const Segment& segment, const Place& before, const Place& now) const {
    double lead = 0;  // of `before`, in squares
    double most = 0;
    uint64_t kept = 0;
    for (uint64_t at = 0; at < segment.count; at += kBlock) {
      const uint64_t count = std::min(kBlock, segment.count - at);
      lead += distance(segment.first + at, count, now.moved(static_cast<int64_t>(at))) -
              distance(segment.first + at, count, before.moved(static_cast<int64_t>(at)));
      if (lead <= most) continue;
      most = lead;
      kept = at + count;
    }
    return kept;
  }

  double distance(uint64_t first, uint64_t count, const Place& place) const {
    std::vector<float> now(count);
    std::vector<float> old(count);
    load(target_, *run_, static_cast<int64_t>(first), now);
    load(base_, *place.run, place.index, old);
    double sum = 0;
    for (size_t i = 0; i < count; ++i) sum += double{now[i] - old[i]} * (now[i] - old[i]);
    return sum;
  }

  // ---- what is found

  /// Joins segments whose counterparts continue each other.
  void append(const Segment& segment, const std::optional<Place>& place) {
    if (segment.count == 0) return;
    const int64_t so_far = static_cast<int64_t>(pending_.count);
    const bool continues = pending_place_ && place ? pending_place_->moved(so_far) == *place
                                                   : !pending_place_ && !place;
    if (!continues || pending_.count == 0) {
      flush();
      pending_ = {segment.first, 0};
      pending_place_ = place;
    }
    pending_.count += segment.count;
  }

  void flush() {
    if (pending_.count == 0) return;
    uint64_t begin = 0;
    uint64_t end = 0;
    if (pending_place_) {
      const int64_t index = pending_place_->index;
      const int64_t last = static_cast<int64_t>(pending_place_->run->count) - index;
      const int64_t count = static_cast<int64_t>(pending_.count);
      begin = static_cast<uint64_t>(std::clamp<int64_t>(-index, 0, count));
      end = static_cast<uint64_t>(std::clamp<int64_t>(last, static_cast<int64_t>(begin), count));
    }
    add(0, begin, false);
    add(begin, end, true);
    add(end, pending_.count, false);
    pending_ = {};
  }

  /// Numbers [begin, end) of the pending ones.
  void add(uint64_t begin, uint64_t end, bool has_base) {
    if (begin == end) return;
    found_.target.tensors.push_back(span_of(*run_, pending_.first + begin, end - begin));
    TensorSpan& now = found_.target.tensors.back();
    now.name = std::string(dtype_name(now.dtype)) + " at " + std::to_string(now.offset);
    if (!has_base) return;
    const uint64_t old = static_cast<uint64_t>(pending_place_->index + static_cast<int64_t>(begin));
    found_.base.tensors.push_back(span_of(*pending_place_->run, old, end - begin));
    found_.base.tensors.back().name = now.name;
  }

  static TensorSpan span_of(const NumberRun& run, uint64_t first, uint64_t count) {
    TensorSpan span;
    span.dtype = run.dtype;
    span.shape = {count};
    span.offset = run.offset + first * size_of(run);
    span.size = count * size_of(run);
    return span;
  }

  Bytes base_;
  Bytes target_;
  const std::atomic<bool>& cancel_;
  std::vector<NumberRun> base_runs_;
  std::vector<NumberRun> target_runs_;
  FoundNumbers found_;
  uint64_t searched_ = 0;
  const NumberRun* run_ = nullptr;
  Segment pending_;
  std::optional<Place> pending_place_;
};

}  // namespace

FoundNumbers find_numbers(Bytes base, Bytes target, const std::atomic<bool>& cancel) {
  return Aligner(base, target, cancel).run();
}

}  // namespace flotilla::controller
