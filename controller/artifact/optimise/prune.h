#pragma once

#include <string>

#include "controller/artifact/optimise/weight.h"

namespace flotilla::controller {

/// Magnitude pruning: in each weight tensor of n values the floor(n x share_ppm / 1e6) of smallest
/// magnitude become +0; among equals the ones that stand first. Zeros that are there count. Nothing
/// else changes, so the file keeps its size. Needs memory for the file and its largest tensor.
/// Depends on nothing but the arguments.
Result<std::string> prune_weights(Bytes file, uint32_t share_ppm, OptimiseFault& fault);

}  // namespace flotilla::controller
