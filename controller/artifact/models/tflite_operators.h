#pragma once

#include <cstdint>
#include <string>

namespace flotilla::controller {

/// The code of operators that have a name of their own.
inline constexpr uint64_t kTfliteCustom = 32;

/// Name of a built-in operator; "BUILTIN_n" for one that this build does not know. Source:
/// BuiltinOperator of tensorflow/lite/schema/schema.fbs.
std::string tflite_operator(uint64_t code);

}  // namespace flotilla::controller
