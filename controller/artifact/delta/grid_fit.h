#pragma once

#include <memory>

#include "controller/artifact/delta/planned_op.h"

namespace flotilla::controller {

/// The coarsest grids that the numbers of a float tensor lie on, one for each row of `row_length`;
/// null when they are too fine to help. `data` holds whole rows.
std::shared_ptr<const Grids> find_grids(Bytes data, delta::Element element, uint64_t row_length);

/// Exponent of the finest grid on which a number as large as this single has an index that can be
/// predicted.
int32_t finest_exponent(float largest);

}  // namespace flotilla::controller
