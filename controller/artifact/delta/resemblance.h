#pragma once

#include <cstdint>
#include <optional>

#include "schemas/base/bytes.h"

namespace flotilla::controller {

/// The diagonal within kReach of `centre` along which sampled bytes of target[begin, end) are most
/// often equal to the base; none when no diagonal stands out from chance (6 sigma). Finds
/// fine-tuned weights that share no run at all with the base and lie at another offset. Cost:
/// kSamples x 2 x kReach byte comparisons, eight at a time.
std::optional<int64_t> most_alike(Bytes base, Bytes target, uint64_t begin, uint64_t end,
                                  int64_t centre);

inline constexpr int64_t kReach = 24 * 1024;
inline constexpr uint64_t kSamples = 512;

}  // namespace flotilla::controller
