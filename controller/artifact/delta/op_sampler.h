#pragma once

#include <vector>

#include "controller/artifact/delta/planned_op.h"
#include "schemas/protocol/delta/memory.h"

namespace flotilla::controller {

/// Estimates what an operation would cost by coding samples of it.
class OpSampler {
 public:
  OpSampler(Bytes base, Bytes target, uint8_t profile);

  /// Expected bytes of all of `op`, its header included.
  double cost(const PlannedOp& op);
  /// True when every number of a typed operation equals its prediction.
  bool is_exact(const PlannedOp& op) const;

 private:
  double cost_of_part(const PlannedOp& part);

  Bytes base_;
  Bytes target_;
  std::vector<uint64_t> words_;
  delta::ChunkModel model_;
};

}  // namespace flotilla::controller
