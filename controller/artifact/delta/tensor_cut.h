#pragma once

#include <optional>
#include <vector>

#include "controller/artifact/models/model_file.h"

namespace flotilla::controller {

/// A tensor of the target, or some of its outermost slices, with their counterpart in the base.
struct TensorPair {
  TensorSpan now;
  std::optional<TensorSpan> old;
};

/// Cuts a pair into parts of at most `most` elements, along the outermost dimension that is not 1,
/// which bounds the memory of what looks at a whole part. Where only one side has more rows (a
/// larger vocabulary, another class), the rows that both have stay together and the others stand
/// alone; where shapes differ otherwise, parts lose their shape. Tensors with scales by row or
/// column and those of less than a byte an element stay whole.
std::vector<TensorPair> cut_pair(const TensorSpan& now, const TensorSpan* old, uint64_t most);

}  // namespace flotilla::controller
