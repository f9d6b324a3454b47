#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "controller/artifact/optimise/fault.h"
#include "schemas/base/status.h"

namespace flotilla::controller {

inline constexpr size_t kMaxSteps = 16;  ///< of one chain
inline constexpr size_t kMaxStepText = 1024;

/// One step of an optimisation chain, as it is asked for:
///   prune:SHARE            the smallest weights become zero
///   quantise:int8          float weights become integers with a scale for each channel
///   command:NAME[:ARGS]    a command that the server's operator allows
///   compile:NAME[:ARGS]    the same; what it makes is opaque
struct OptimiseStep {
  enum class Kind : uint8_t { kPrune, kQuantise, kCommand, kCompile };

  Kind kind = Kind::kPrune;
  uint32_t share_ppm = 0;  ///< of kPrune: millionths of a tensor's weights
  std::string name;        ///< of kCommand and kCompile
  std::string arguments;   ///< of the same, as they were given

  bool is_built_in() const { return kind == Kind::kPrune || kind == Kind::kQuantise; }

  auto operator<=>(const OptimiseStep&) const = default;
};

/// "prune", "quantise", "command", "compile"
const char* step_kind_name(OptimiseStep::Kind kind);

/// The step as parse_step() reads it; the same step is always the same text.
std::string step_text(const OptimiseStep& step);

/// kInvalidArgument with `fault` filled in.
Status parse_step(std::string_view text, OptimiseStep& step, OptimiseFault& fault);

}  // namespace flotilla::controller
