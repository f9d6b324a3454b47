#pragma once

#include <memory>
#include <string>
#include <vector>

#include "schemas/protocol/delta/stream.h"

namespace flotilla::controller {

/// Factors of a typed operation, one for each row or column of the tensor: single of a scale or of
/// a quantisation step.
using Factors = std::vector<uint32_t>;

/// Exponents of rounded rows, or one for all of a tensor that is scaled by column.
using Grids = std::vector<int16_t>;

/// An operation on a stretch of the target; chunks later take slices of it.
struct PlannedOp {
  delta::OpHeader header;                  ///< length and phase are of the whole stretch
  uint64_t target_offset = 0;              ///< in bytes
  std::shared_ptr<const Factors> factors;  ///< of scaled and quantised rows or columns, or none
  std::shared_ptr<const Grids> grids;      ///< of rounded numbers, or none
  uint32_t first_row = 0;                  ///< row of the first element; indexes the two above

  uint64_t size() const { return header.output_size(); }
  uint64_t end() const { return target_offset + size(); }
  /// Factor of element `i` of the stretch.
  uint32_t factor(uint32_t i) const;
  /// Exponent of its grid.
  int32_t grid(uint32_t i) const;
};

/// The part of `op` inside [begin, end), which touch it, as at most three operations: elements that
/// a border cuts become literal bytes.
std::vector<PlannedOp> slice(const PlannedOp& op, uint64_t begin, uint64_t end);

/// `length` bytes at `offset` as an operation of bytes.
PlannedOp byte_op(delta::Op kind, uint64_t offset, uint64_t length, uint64_t base_offset = 0);

}  // namespace flotilla::controller
