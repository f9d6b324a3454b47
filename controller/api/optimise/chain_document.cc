#include "controller/api/optimise/chain_document.h"

#include "controller/api/facts_view.h"
#include "controller/api/views.h"

namespace flotilla::controller::api {

namespace {

const Json& member(const Json& object, const char* name) {
  static const Json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

const Json& block_of(const Json& document, const std::string& hardware_class) {
  static const Json kNone;
  for (const Json& block : member(document, "variants")) {
    if (member(block, "hardware_class") == hardware_class) return block;
  }
  return kNone;
}

Json weights_of(const ImageFacts& facts) {
  Json out = {{"dtype", facts.dtype}, {"parameters", facts.parameters}};
  if (facts.is_sparsity_known) out["sparsity"] = facts.sparsity_ppm / 1e6;
  const bool is_stated = !facts.quantisation.empty() && facts.quantisation != "unstated";
  if (is_stated) out["quantisation"] = facts.quantisation;
  if (is_stated && facts.quantisation != "none") out["symmetric"] = facts.is_symmetric;
  return out;
}

bool is_model_format(const std::string& format) {
  return format == "onnx" || format == "safetensors" || format == "tflite" || format == "gguf" ||
         format == "opaque" || format == "text";
}

Json variant_block(const ChainSource& source, const Variant& variant,
                   const std::vector<StepRecord>& records) {
  const Json file = {{"digest", digest_json(variant.image_digest)}, {"size", variant.image_size}};
  Json block = {{"hardware_class", variant.hardware_class}, {"files", Json::array({file})}};
  const Json& before = block_of(source.origin_document, variant.hardware_class);
  for (const char* name : {"runtime", "accelerator"}) {
    if (!member(before, name).is_null()) block[name] = before[name];
  }
  if (is_model_format(variant.facts.format)) block["format"] = variant.facts.format;
  if (!variant.facts.dtype.empty()) block["weights"] = weights_of(variant.facts);
  Json chain = chain_of(source.origin_document, source.input.hardware_class);
  for (const StepRecord& record : records) chain.push_back(step_json(record));
  block["optimisation"] = std::move(chain);
  if (source.golden.digest.is_none()) return block;
  Json golden = {{"digest", digest_json(source.golden.digest)}};
  if (source.golden.tolerance) {
    golden["tolerance"] = *source.golden.tolerance;
    golden["tolerance_kind"] = source.golden.tolerance_kind;
  }
  block["golden"] = std::move(golden);
  return block;
}

}  // namespace

Json newest_document(const ControlPlane& plane, const ModelVersion& version) {
  const auto& later = plane.revisions(version.model, version.version);
  const std::string& text = later.empty() ? version.document : later.rbegin()->second.document;
  return text.empty() ? Json() : Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

Json chain_of(const Json& document, const std::string& hardware_class) {
  Json out = Json::array();
  for (const Json& step : member(document, "optimisation")) out.push_back(step);
  for (const Json& step : member(block_of(document, hardware_class), "optimisation")) {
    out.push_back(step);
  }
  return out;
}

Json chain_document(const ChainSource& source, const Variant& variant,
                    const std::vector<StepRecord>& records) {
  Json out = {{"format_version", 1}};
  for (const char* name :
       {"identity", "task", "training", "hyperparameters", "monitoring", "risk"}) {
    const Json& block = member(source.origin_document, name);
    if (!block.is_null()) out[name] = block;
  }
  out["variants"] = Json::array({variant_block(source, variant, records)});
  out["optimised_from"] = {{"version", source.origin.version},
                           {"label", source.origin.label},
                           {"hardware_class", source.input.hardware_class},
                           {"image_digest", digest_json(source.input.image_digest)},
                           {"document_digest", digest_json(source.origin.document_digest)}};
  return out;
}

}  // namespace flotilla::controller::api
