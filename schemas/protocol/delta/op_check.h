#pragma once

#include "schemas/protocol/delta/stream.h"

namespace flotilla::delta {

/// What an operation may touch where it stands.
struct OpBounds {
  uint32_t left = 0;  ///< output bytes that are still to be made
  uint32_t made = 0;  ///< output bytes of this chunk before it
  uint64_t base_size = 0;
  size_t scales = 0;  ///< columns that the decoder can keep scales of
};

/// kInvalidArgument: the operation would leave its bounds. Nothing of it may run before this check.
Status check_op(const OpHeader& op, const OpBounds& bounds);

}  // namespace flotilla::delta
