#include "controller/api/optimise/step_record.h"

#include "controller/api/views.h"

namespace flotilla::controller::api {

namespace {

/// As the schema names it.
const char* operation_of(const OptimiseStep& step) {
  switch (step.kind) {
    case OptimiseStep::Kind::kPrune:
      return "prune";
    case OptimiseStep::Kind::kQuantise:
      return "quantise";
    case OptimiseStep::Kind::kCommand:
      return "other";
    case OptimiseStep::Kind::kCompile:
      return "compile";
  }
  return "other";
}

Json parameters_of(const OptimiseStep& step) {
  Json out = {{"step", step_text(step)}};
  if (step.kind == OptimiseStep::Kind::kPrune) out["share"] = step.share_ppm / 1e6;
  return out;
}

}  // namespace

void take_measured(const WeightFacts& weights, StepRecord& record) {
  if (weights.counted != 0) {
    record.sparsity = static_cast<double>(weights.zeros) / static_cast<double>(weights.counted);
  }
  if (record.step.kind == OptimiseStep::Kind::kQuantise) record.scheme = "int8";
  const bool stated =
      weights.scheme != QuantScheme::kNone && weights.scheme != QuantScheme::kUnstated;
  if (stated) record.granularity = scheme_name(weights.scheme);
}

Json step_json(const StepRecord& record) {
  Json out = {
      {"op", operation_of(record.step)},          {"tool", record.tool},
      {"parameters", parameters_of(record.step)}, {"input_digest", digest_json(record.input)},
      {"input_bytes", record.input_size},         {"output_digest", digest_json(record.output)},
      {"output_bytes", record.output_size}};
  if (!record.version.empty()) out["version"] = record.version;
  if (record.sparsity) out["measured_sparsity"] = *record.sparsity;
  if (record.step.kind == OptimiseStep::Kind::kPrune) out["sparsity"] = record.step.share_ppm / 1e6;
  if (!record.scheme.empty()) out["scheme"] = record.scheme;
  if (!record.granularity.empty()) out["granularity"] = record.granularity;
  if (!record.provenance.is_null()) out["provenance"] = record.provenance;
  return out;
}

std::optional<OptimiseStep> recorded_step(const Json& entry) {
  if (!entry.is_object() || !entry.contains("parameters")) return std::nullopt;
  const Json& parameters = entry["parameters"];
  if (!parameters.is_object() || !parameters.contains("step")) return std::nullopt;
  const Json& text = parameters["step"];
  OptimiseStep step;
  OptimiseFault fault;
  if (!text.is_string()) return std::nullopt;
  if (!parse_step(text.get<std::string>(), step, fault).ok()) return std::nullopt;
  return step;
}

}  // namespace flotilla::controller::api
