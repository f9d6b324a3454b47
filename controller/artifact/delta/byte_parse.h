#pragma once

#include "controller/artifact/delta/byte_plan.h"
#include "controller/artifact/delta/match_finder.h"

namespace flotilla::controller {

/// Literals, copies from the base and repetitions that produce target[begin, end) at the least
/// price, looking back to `begin` at most: a shortest path over the bytes that knows the recent
/// sources of each path (as the optimal parse of I. Pavlov's LZMA encoder). `old` finds in `base`.
std::vector<ByteStep> parse_bytes(Bytes base, const MatchFinder& old, Bytes target, uint64_t begin,
                                  uint64_t end);

/// Prices in sixteenths of a bit, as the codec charges them after some learning.
namespace price {
inline constexpr uint32_t kBit = 16;
inline constexpr uint32_t kLiteral = 6 * kBit + kBit / 2;
inline constexpr uint32_t kOperation = 4 * kBit;  ///< kind, width of the length
inline constexpr uint32_t kRecent = 2 * kBit;     ///< a source that was used before
inline constexpr uint32_t kSource = 7 * kBit;     ///< another one, besides its bits
}  // namespace price

}  // namespace flotilla::controller
