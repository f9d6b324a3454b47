#include "controller/api/body_reader.h"
#include "controller/api/endpoints.h"
#include "controller/api/optimise/chain_document.h"
#include "controller/api/rollout_request.h"
#include "controller/api/views.h"
#include "controller/domain/bounds.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

constexpr size_t kMaxRunName = 64;

/// The chain of an image that can be run again: its last steps that the server itself made.
struct RecordedChain {
  std::string hardware_class;
  Json entries = Json::array();
  OptimiseOrder order;
};

std::string text_member(const Json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool read_digest(const Json& entry, const char* name, Digest& digest) {
  std::string text = text_member(entry, name);
  if (text.rfind("sha256:", 0) == 0) text = text.substr(7);
  return parse_hex(text, digest);
}

const Variant* choose_variant(const ModelVersion& version, const std::string& hardware_class) {
  if (hardware_class.empty() && version.variants.size() == 1) return &version.variants.front();
  for (const Variant& variant : version.variants) {
    if (variant.hardware_class == hardware_class) return &variant;
  }
  return nullptr;
}

/// What was signed with the version counts, not a later revision. Steps that others did before the
/// version came to this server cannot be run again here: those in front are left out.
std::optional<Refusal> read_chain(const Call& call, const ModelVersion& version,
                                  const Variant& variant, RecordedChain& out) {
  const Json document = Json::parse(version.document, nullptr, /*allow_exceptions=*/false);
  const Json chain = chain_of(document, variant.hardware_class);
  for (const Json& entry : chain) {
    const auto step = recorded_step(entry);
    if (step) {
      out.order.steps.push_back(*step);
      out.entries.push_back(entry);
      continue;
    }
    out.order.steps.clear();
    out.entries.clear();
  }
  out.hardware_class = out.order.hardware_class = variant.hardware_class;
  if (out.order.steps.empty()) {
    return Refusal{Code::kFailedPrecondition,
                   "version " + std::to_string(version.version) + " of " + version.model +
                       " has no optimisation chain that this server made",
                   "chains are made by flotilla model optimise NAME VERSION"};
  }
  Digest last;
  const bool whole = read_digest(out.entries.front(), "input_digest", out.order.image) &&
                     read_digest(out.entries.back(), "output_digest", last);
  if (!whole || last != variant.image_digest || out.order.steps.size() > kMaxSteps) {
    return Refusal{
        Code::kFailedPrecondition,
        "the recorded chain does not end in the image of class " + variant.hardware_class,
        "look at it: flotilla model document"};
  }
  if (call.around.artifacts.contains(out.order.image)) return std::nullopt;
  return Refusal{Code::kFailedPrecondition,
                 "the file that the chain begins with is not stored any more: " +
                     std::string(to_hex(out.order.image).view()),
                 "store it again: POST /api/v1/artifacts"};
}

/// The first step whose output is another one than recorded.
Json compare(const RecordedChain& chain, const OptimisedImage& image) {
  Json steps = Json::array();
  Json differs;
  for (size_t i = 0; i < chain.entries.size(); ++i) {
    const Json& entry = chain.entries[i];
    Digest recorded;
    static_cast<void>(read_digest(entry, "output_digest", recorded));
    const bool is_done = i < image.records.size();
    Json step = {
        {"step", step_text(chain.order.steps[i])},
        {"recorded_digest", digest_json(recorded)},
        {"recorded_tool", text_member(entry, "tool") + " " + text_member(entry, "version")},
        {"digest", is_done ? digest_json(image.records[i].output) : Json()}};
    if (is_done) step["tool"] = image.records[i].tool + " " + image.records[i].version;
    const bool is_same = is_done && image.records[i].output == recorded;
    step["same"] = is_same;
    if (!is_same && differs.is_null()) differs = i;
    steps.push_back(std::move(step));
    if (!is_same) break;
  }
  Json out = {{"hardware_class", chain.hardware_class},
              {"input_digest", digest_json(chain.order.image)},
              {"same", differs.is_null()},
              {"differs_at", differs},
              {"steps", std::move(steps)}};
  if (image.fault) out["fault"] = image.fault->message;
  return out;
}

}  // namespace

Response reproduce_version(const Call& call) {
  const std::string& model = call.parameters.at("model");
  const std::string& wanted = call.parameters.at("version");
  std::optional<Response> missing;
  const ModelVersion* version = asked_version(call, missing);
  if (missing) return *missing;
  Json body;
  if (auto fault = read_body(call, body)) return *fault;
  BodyReader reader(body);
  const std::string hardware_class = reader.name("hardware_class", Need::kOptional);
  RecordedChain chain;
  chain.order.run = "reproduce " + reader.text("run", kMaxRunName, Need::kRequired);
  if (const auto refusal = reader.finish()) return problem(*refusal);
  const Variant* variant = choose_variant(*version, hardware_class);
  if (variant == nullptr) {
    return not_found("variant", model + "/" + wanted + " for " + hardware_class,
                     "classes: flotilla model show " + model + " " + wanted);
  }
  // The steps of a class, commands among them, are run for who may publish for it.
  const Reach reach{model, variant->hardware_class, "", ""};
  if (const auto refusal = call.access.permit(reach, call.now)) return problem(*refusal);
  if (call.around.optimiser == nullptr) {
    return problem({Code::kUnimplemented, "this server does not optimise models",
                    "ask one that was started by flotilla serve"});
  }
  if (const auto refusal = read_chain(call, *version, *variant, chain)) return problem(*refusal);
  const OptimiseState state = call.around.optimiser->ask(chain.order);
  if (!state.failure.ok()) {
    return problem({state.failure.code(),
                    std::string("the chain cannot be run: ") + state.failure.reason(),
                    "repeat the request later"});
  }
  if (state.image == nullptr) {
    return json_response(202, {{"hardware_class", chain.hardware_class},
                               {"step", state.progress.step},
                               {"done", state.progress.done},
                               {"total", state.progress.total}});
  }
  return json_response(200, compare(chain, *state.image));
}

}  // namespace flotilla::controller::api
