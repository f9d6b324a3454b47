#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace flotilla::controller {

/// Pearson's correlation of two equally long rows; 0 when one of them is constant.
double correlation(std::span<const float> a, std::span<const float> b);

struct CorrelationPeak {
  uint64_t at = 0;    ///< index of the series where the pattern begins
  double height = 0;  ///< normalised: 0 to 1
};

/// Where `pattern` correlates best with a series of `count` values, read block by block through
/// fill(first, out): normalised cross-correlation by fast Fourier transforms (J. P. Lewis, "Fast
/// normalized cross-correlation", 1995; overlap-save). Time is count x log of the block; memory is
/// some 100 bytes a value of the pattern. Height 0: the series is shorter than the pattern.
CorrelationPeak find_correlation(std::span<const float> pattern, uint64_t count,
                                 const std::function<void(uint64_t, std::span<float>)>& fill);

}  // namespace flotilla::controller
