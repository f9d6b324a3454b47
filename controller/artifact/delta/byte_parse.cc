#include "controller/artifact/delta/byte_parse.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace flotilla::controller {
namespace {

using delta::Op;

constexpr uint64_t kNice = 128;        ///< a run that long is taken as it is
constexpr uint64_t kBlock = 1u << 15;  ///< bytes that are planned together
constexpr uint32_t kUnreached = UINT32_MAX;

/// Distance of the positions of the range that are indexed.
uint32_t stride_for(uint64_t range) {
  if (range <= 1u << 20) return 1;
  return range <= 2u << 20 ? 2 : 4;
}

uint32_t bits_of(uint64_t value) {
  return static_cast<uint32_t>(std::bit_width(value)) * price::kBit;
}

/// The newest sources on a path: diagonals of the base, modulo 2^32, and distances back.
struct Recent {
  std::array<uint32_t, 4> diagonals{};
  std::array<uint32_t, 4> distances{1, 2, 4, 8};
};

/// Offset in the base on a diagonal.
uint64_t along(uint64_t at, uint32_t diagonal) {
  return static_cast<uint32_t>(at + diagonal);
}

/// Cheapest known way to have produced the bytes before a position. Files are below 2 GiB.
struct Node {
  uint32_t cost = kUnreached;
  uint32_t length = 0;
  uint32_t from = 0;
  Op kind = Op::kLiteral;
  Recent recent;
};

class BlockParser {
 public:
  /// `target` begins where looking back ends.
  BlockParser(Bytes base, const MatchFinder& old, Bytes target)
      : base_(base), target_(target), old_(old), own_(target, stride_for(target.size())) {
    price_literals();
  }

  /// Plans from `begin` for a block or more; returns where it stopped.
  uint64_t parse(uint64_t begin, std::vector<ByteStep>& steps) {
    const uint64_t end = std::min<uint64_t>(begin + kBlock, target_.size());
    begin_ = begin;
    nodes_.assign(end - begin + 1, Node{});
    nodes_[0].cost = 0;
    nodes_[0].recent = recent_;
    uint64_t at = begin;
    long_run_ = {};
    for (; at < end && long_run_.length == 0; ++at) {
      if (node(at).cost != kUnreached) relax(at, end);
    }
    const uint64_t stop = long_run_.length == 0 ? end : long_run_at_;
    trace(stop, steps);
    if (long_run_.length == 0) return stop;
    steps.push_back({long_run_.kind, stop, long_run_.length, long_run_.from});
    remember(recent_, long_run_.kind, stop, long_run_.from);
    return stop + long_run_.length;
  }

 private:
  struct Run {
    Op kind = Op::kLiteral;
    uint64_t from = 0;
    uint64_t length = 0;
  };

  /// By how frequent a byte is; the codec's contexts do a little better.
  void price_literals() {
    std::array<uint64_t, 256> count{};
    for (const uint8_t byte : target_) ++count[byte];
    for (size_t i = 0; i < 256; ++i) {
      const double share =
          static_cast<double>(count[i] + 1) / static_cast<double>(target_.size() + 256);
      literal_price_[i] = static_cast<uint32_t>(-15.0 * std::log2(share)) + 2;
    }
  }

  Node& node(uint64_t at) { return nodes_[at - begin_]; }

  void relax(uint64_t at, uint64_t end) {
    Node& here = node(at);
    literal(here, at);
    own_.add_until(at);
    const Recent recent = here.recent;
    for (const uint32_t diagonal : recent.diagonals) {
      const uint64_t from = along(at, diagonal);
      run(at, end, Op::kCopy, from, equal_run(base_, from, target_, at), price::kRecent);
    }
    for (const uint32_t distance : recent.distances) {
      if (distance > at) continue;
      run(at, end, Op::kRepeat, at - distance, equal_run(target_, at - distance, target_, at),
          price::kRecent);
    }
    const uint64_t expected = along(at, recent.diagonals[0]);
    const Match old = old_.find(target_, at, expected);
    const uint64_t apart = old.offset > expected ? old.offset - expected : expected - old.offset;
    run(at, end, Op::kCopy, old.offset, old.length, price::kSource + bits_of(2 * apart));
    const Match own = own_.find(target_, at, at);
    run(at, end, Op::kRepeat, own.offset, own.length, price::kSource + bits_of(at - own.offset));
  }

  void literal(const Node& here, uint64_t at) {
    const uint32_t opening = here.kind == Op::kLiteral && here.length != 0 ? 0 : price::kOperation;
    Node& next = node(at + 1);
    const uint32_t cost = here.cost + literal_price_[target_[at]] + opening;
    if (cost >= next.cost) return;
    next.cost = cost;
    next.kind = Op::kLiteral;
    next.length = here.kind == Op::kLiteral ? here.length + 1 : 1;
    next.recent = here.recent;
  }

  void run(uint64_t at, uint64_t end, Op kind, uint64_t from, uint64_t length, uint32_t source) {
    if (length < 2 || long_run_.length != 0) return;
    if (length >= kNice) {
      long_run_ = {kind, from, length};
      long_run_at_ = at;
      return;
    }
    length = std::min(length, end - at);
    const uint32_t base = node(at).cost + price::kOperation + source;
    for (uint64_t size = length; size >= 2; --size) {
      Node& next = node(at + size);
      const uint32_t cost = base + bits_of(size);
      if (cost >= next.cost) continue;
      next.cost = cost;
      next.kind = kind;
      next.length = static_cast<uint32_t>(size);
      next.from = static_cast<uint32_t>(from);
      next.recent = node(at).recent;
      remember(next.recent, kind, at, from);
    }
  }

  static void remember(Recent& recent, Op kind, uint64_t at, uint64_t from) {
    auto& values = kind == Op::kCopy ? recent.diagonals : recent.distances;
    const uint32_t value = static_cast<uint32_t>(kind == Op::kCopy ? from - at : at - from);
    auto found = std::find(values.begin(), values.end() - 1, value);
    std::move_backward(values.begin(), found, found + 1);
    values[0] = value;
  }

  void trace(uint64_t stop, std::vector<ByteStep>& steps) {
    const size_t first = steps.size();
    recent_ = node(stop).recent;
    for (uint64_t at = stop; at > begin_;) {
      const Node& last = node(at);
      at -= last.length;
      steps.push_back({last.kind, at, last.length, last.from});
    }
    std::reverse(steps.begin() + static_cast<int64_t>(first), steps.end());
  }

  Bytes base_;
  Bytes target_;
  const MatchFinder& old_;
  MatchFinder own_;
  std::array<uint32_t, 256> literal_price_{};
  uint64_t begin_ = 0;
  std::vector<Node> nodes_;
  Recent recent_;
  Run long_run_;
  uint64_t long_run_at_ = 0;
};

}  // namespace

std::vector<ByteStep> parse_bytes(Bytes base, const MatchFinder& old, Bytes target, uint64_t begin,
                                  uint64_t end) {
  BlockParser parser(base, old, target.subspan(begin, end - begin));
  std::vector<ByteStep> steps;
  for (uint64_t at = 0; at < end - begin;) at = parser.parse(at, steps);
  for (ByteStep& step : steps) {
    step.target_offset += begin;
    if (step.kind == Op::kRepeat) step.from += begin;
  }
  return steps;
}

}  // namespace flotilla::controller
