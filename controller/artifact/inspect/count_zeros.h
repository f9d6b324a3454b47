#pragma once

#include <optional>

#include "controller/artifact/models/model_file.h"

namespace flotilla::controller {

/// Counts the elements that stand for exactly zero in slices of a tensor's bytes, one after the
/// other: 0 and -0 of floats, the zero point of quantised integers.
class ZeroCount {
 public:
  explicit ZeroCount(const TensorSpan& tensor);

  /// False for blocks and unknown types: how often they are zero is not known.
  bool can_count() const { return can_count_; }
  /// The next bytes: whole elements, but for the last slice of int4.
  void add(Bytes slice);
  uint64_t zeros() const { return zeros_; }

 private:
  /// Zero point of element number `index`.
  int64_t zero_point(uint64_t index) const;
  void add_channels(Bytes slice);
  void add_nibbles(Bytes slice);

  const TensorSpan& tensor_;
  bool can_count_ = false;
  bool is_uniform_ = true;  ///< one zero point for all elements
  int64_t zero_ = 0;        ///< it
  uint64_t elements_ = 0;   ///< of the whole tensor
  uint64_t inner_ = 1;      ///< elements of one index of the quantised axis
  uint64_t seen_ = 0;
  uint64_t zeros_ = 0;
};

}  // namespace flotilla::controller
