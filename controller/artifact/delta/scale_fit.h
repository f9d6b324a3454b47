#pragma once

#include <span>
#include <vector>

#include "controller/artifact/delta/planned_op.h"

namespace flotilla::controller {

/// Elements are numbered row by row: row = i / row_length, column = i % columns.
struct Layout {
  uint64_t row_length = 1;
  uint64_t columns = 1;
};

enum class ScaleAxis : uint8_t { kWhole, kRow, kColumn };

/// Scales that bring `old` nearest to `now`, as singles that travel well. Weighted least squares,
/// where a number weighs as much as its row and column are usually predicted well: converters fold
/// batch normalisation into weights, so that whole channels are rescaled, and a few loud channels
/// must not decide for the quiet ones. Iteratively reweighted (P. Green, J. R. Stat. Soc. B 46,
/// 1984).
Factors fit_scales(std::span<const float> old, std::span<const float> now, const Layout& layout,
                   ScaleAxis axis);

}  // namespace flotilla::controller
