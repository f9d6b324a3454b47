#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/api/json.h"
#include "controller/artifact/inspect/model_facts.h"
#include "controller/artifact/optimise/step.h"
#include "schemas/base/digest.h"

namespace flotilla::controller::api {

/// A step that was done: an entry of a version document's optimisation chain.
struct StepRecord {
  OptimiseStep step;
  std::string tool;
  std::string version;  ///< of the tool; empty: it did not say
  Digest input;
  uint64_t input_size = 0;  ///< bytes
  Digest output;
  uint64_t output_size = 0;
  std::optional<double> sparsity;  ///< measured: share of exact zeros among the output's weights
  std::string scheme;              ///< of kQuantise: "int8"
  std::string granularity;         ///< "per channel"; empty: nothing is quantised
  Json provenance;                 ///< of a command: how it ran; null for built-in steps
};

/// Fills in what an inspection of the output measured.
void take_measured(const WeightFacts& weights, StepRecord& record);

/// As the document's schema has it; `parameters.step` repeats the step for a later run.
Json step_json(const StepRecord& record);

/// The step that `entry`, of a document's chain, asks for; none: it was not made by a step.
std::optional<OptimiseStep> recorded_step(const Json& entry);

}  // namespace flotilla::controller::api
