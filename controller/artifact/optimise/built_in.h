#pragma once

#include "controller/artifact/optimise/step.h"
#include "schemas/base/bytes.h"

namespace flotilla::controller {

inline constexpr const char* kBuiltInTool = "flotilla built-in optimiser";
/// Raised whenever a step makes other bytes of the same file.
inline constexpr const char* kBuiltInVersion = "1";

/// The file that a built-in step makes of `file`.
Result<std::string> run_built_in(Bytes file, const OptimiseStep& step, OptimiseFault& fault);

}  // namespace flotilla::controller
