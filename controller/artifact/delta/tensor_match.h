#pragma once

#include <vector>

#include "controller/artifact/models/model_file.h"

namespace flotilla::controller {

/// For each tensor of the target its counterpart in the base, or null: by name and number of
/// elements unless their values are strangers, by content, by the correlation of values, by name
/// where only the number of rows differs, and last in order among those of one shape. Pointers into
/// `base`.
std::vector<const TensorSpan*> match_tensors(const ModelFile& base, Bytes base_bytes,
                                             const ModelFile& target, Bytes target_bytes);

}  // namespace flotilla::controller
