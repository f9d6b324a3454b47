#pragma once

#include <string>
#include <vector>

#include "controller/artifact/delta/planned_op.h"
#include "schemas/base/prng.h"

/// Chunks of codec 2 with chosen operations, whatever a planner would think of them.
namespace flotilla::testing {

struct DeltaCase {
  std::vector<uint8_t> base;
  uint64_t output_offset = 0;
  uint8_t profile = 0;
  std::vector<uint8_t> target;  ///< from 0 on; the chunk is target[output_offset, end)
  std::vector<controller::PlannedOp> ops;

  uint32_t output_length() const { return static_cast<uint32_t>(target.size() - output_offset); }
  std::vector<uint8_t> output() const {
    return {target.begin() + static_cast<int64_t>(output_offset), target.end()};
  }
};

/// The payload: the operations, which produce the whole chunk, range-coded, behind a header.
std::vector<uint8_t> encode_case(const DeltaCase& chunk);

/// Random operations of every kind, type and predictor over a random base; the target is whatever
/// they can produce. With `tame` only what a planner of model files would emit.
DeltaCase random_case(uint64_t seed);

}  // namespace flotilla::testing
