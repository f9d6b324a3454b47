#pragma once

#include <optional>

#include "controller/artifact/models/model_file.h"

namespace flotilla::controller {

/// Correlation of two tensors of as many elements, from a sample of up to 1,024 numbers spread over
/// them; of quantised ones, that of their integers. None: too few elements, or types that are no
/// numbers of 8 to 32 bits.
std::optional<double> tensor_likeness(Bytes base, const TensorSpan& old, Bytes target,
                                      const TensorSpan& now);

}  // namespace flotilla::controller
