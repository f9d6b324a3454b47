#include "controller/api/document/version_document.h"

#include <set>

#include "controller/api/body_reader.h"
#include "controller/api/document/json_schema.h"
#include "controller/api/message.h"

namespace flotilla::controller::api {

namespace {

constexpr size_t kToldFaults = 3;
constexpr const char* kRemedy =
    "correct the document; 'flotilla model document --template' prints every member, "
    "docs/metadata.md explains them";

const Json& schema() {
  static const Json parsed = Json::parse(document_schema_text());
  return parsed;
}

Refusal wrong(std::string message) {
  return {Code::kInvalidArgument, std::move(message), kRemedy};
}

Refusal told(const std::vector<SchemaFault>& faults) {
  std::string message;
  for (size_t i = 0; i < std::min(faults.size(), kToldFaults); ++i) {
    const SchemaFault& fault = faults[i];
    message += (i == 0 ? "document" : "; document") + (fault.path.empty() ? "" : "." + fault.path) +
               " is " + fault.found + ", it must be " + fault.allowed;
  }
  if (faults.size() > kToldFaults) {
    message += "; and " + std::to_string(faults.size() - kToldFaults) + " more";
    if (faults.size() == JsonSchema::kMaxFaults) message += " at least";
  }
  return wrong(std::move(message));
}

/// null when it is absent.
const Json& member(const Json& object, const char* name) {
  static const Json kNull;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? *found : kNull;
}

/// Without the prefix that it may have.
std::string bare(const Json& digest) {
  const auto text = digest.get<std::string>();
  return text.substr(0, 7) == "sha256:" ? text.substr(7) : text;
}

std::optional<Refusal> check_interval(const Json& metric, const std::string& path) {
  const Json& value = member(metric, "value");
  const Json& low = member(metric, "ci_low");
  const Json& high = member(metric, "ci_high");
  const bool below = low.is_number() && value < low;
  const bool above = high.is_number() && value > high;
  if (!below && !above) return std::nullopt;
  return wrong("document." + path + ": its value " + value.dump() +
               " lies outside its interval from " + low.dump() + " to " + high.dump());
}

/// Each step reads what the step before it wrote; `end`, if any, is what the last one wrote.
std::optional<Refusal> check_chain(const Json& steps, const std::string& path, const Json& end) {
  const Json* written = nullptr;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Json& input = member(steps[i], "input_digest");
    if (written != nullptr && input.is_string() && bare(input) != bare(*written)) {
      return wrong("document." + path + "[" + std::to_string(i) + "] reads " + bare(input) +
                   ", the step before it wrote " + bare(*written));
    }
    const Json& output = member(steps[i], "output_digest");
    written = output.is_string() ? &output : nullptr;
  }
  if (written == nullptr || !end.is_string() || bare(*written) == bare(end)) return std::nullopt;
  return wrong("document." + path + " ends with " + bare(*written) + ", the variant's file is " +
               bare(end));
}

std::optional<Refusal> check_variants(const Json& document) {
  const Json& variants = member(document, "variants");
  std::set<std::string> classes;
  for (size_t i = 0; i < variants.size(); ++i) {
    const std::string path = "variants[" + std::to_string(i) + "]";
    if (!variants[i].is_object()) continue;
    const auto name = variants[i]["hardware_class"].get<std::string>();
    if (!classes.insert(name).second) {
      return wrong("document." + path + ".hardware_class is '" + name + "' a second time");
    }
    const Json& files = member(variants[i], "files");
    const Json& file = files.empty() ? files : member(files[0], "digest");
    if (auto fault = check_chain(member(variants[i], "optimisation"), path + ".optimisation", file))
      return fault;
  }
  return std::nullopt;
}

std::optional<Refusal> check_parts(const Json& document) {
  const Json& metrics = member(document, "evaluation");
  for (size_t i = 0; i < metrics.size(); ++i) {
    if (auto fault = check_interval(metrics[i], "evaluation[" + std::to_string(i) + "]")) {
      return fault;
    }
  }
  if (auto fault = check_chain(member(document, "optimisation"), "optimisation", Json())) {
    return fault;
  }
  return check_variants(document);
}

}  // namespace

std::optional<Refusal> read_document(std::string_view text, Json& out) {
  if (json_depth(text) > kMaxDepth) {
    return wrong("the document nests deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  out = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (out.is_discarded()) return wrong("the document is not valid JSON");
  const std::vector<SchemaFault> faults = JsonSchema(schema()).check(out);
  if (!faults.empty()) return told(faults);
  return check_parts(out);
}

std::string document_template() {
  return JsonSchema(schema()).skeleton().dump(2) + "\n";
}

}  // namespace flotilla::controller::api
