#include <algorithm>

#include "controller/api/body_reader.h"
#include "controller/api/document/version_document.h"
#include "controller/api/endpoints.h"
#include "controller/api/fit/fit_check.h"
#include "controller/api/optimise/chain_document.h"
#include "controller/api/rollout_request.h"
#include "controller/api/version_request.h"
#include "controller/api/views.h"
#include "controller/domain/bounds.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

constexpr const char* kOptimisedSuffix = "-opt";

/// A request to optimise a version for a class.
struct OptimiseWish {
  const ModelVersion* origin = nullptr;
  const Variant* input = nullptr;
  std::vector<OptimiseStep> steps;
  std::string hardware_class;
  std::string from;  ///< class of the input; empty: the same class, or the only one there is
  std::string label;
  std::string runtime;
  bool keeps_golden = false;
  GoldenClaim golden;
};

void read_steps(BodyReader& reader, std::vector<OptimiseStep>& steps) {
  for (const Json& text : reader.array("steps", 1, kMaxSteps)) {
    OptimiseStep step;
    OptimiseFault fault{"not a text: " + quote(text), "a list of texts as prune:0.5"};
    const bool read = text.is_string() && parse_step(text.get<std::string>(), step, fault).ok();
    if (!read) return reader.refuse({Code::kInvalidArgument, fault.message, fault.remedy});
    steps.push_back(std::move(step));
  }
}

void read_golden(BodyReader& reader, OptimiseWish& out) {
  out.keeps_golden = reader.boolean("keep_golden", false);
  out.golden.digest = reader.digest("golden", Need::kOptional);
  const Json& tolerance = reader.any("tolerance");
  if (tolerance.is_number() && tolerance.get<double>() >= 0) {
    out.golden.tolerance = tolerance.get<double>();
  } else if (!tolerance.is_null()) {
    reader.fail("tolerance", quote(tolerance), "a number from 0 on");
  }
  const std::string kind = reader.text("tolerance_kind", 16);
  if (!kind.empty()) out.golden.tolerance_kind = kind;
  if (out.golden.tolerance_kind != "absolute" && out.golden.tolerance_kind != "relative") {
    reader.fail("tolerance_kind", "'" + kind + "'", "'absolute' or 'relative'");
  }
  if (out.keeps_golden && !out.golden.digest.is_none()) {
    reader.fail("golden", "given together with keep_golden", "one of the two");
  }
}

std::optional<Refusal> read_wish(const Json& body, OptimiseWish& out) {
  BodyReader reader(body);
  read_steps(reader, out.steps);
  out.hardware_class = reader.name("hardware_class");
  out.from = reader.name("from", Need::kOptional);
  out.label = read_label(reader);
  out.runtime = reader.text("runtime", kMaxRuntimeRequirement);
  read_golden(reader, out);
  return reader.finish();
}

std::optional<Refusal> find_input(OptimiseWish& wish) {
  const std::vector<Variant>& variants = wish.origin->variants;
  const std::string& wanted = wish.from.empty() ? wish.hardware_class : wish.from;
  for (const Variant& variant : variants) {
    if (variant.hardware_class == wanted) wish.input = &variant;
  }
  if (wish.input == nullptr && wish.from.empty() && variants.size() == 1) {
    wish.input = &variants.front();
  }
  if (wish.input != nullptr) return std::nullopt;
  std::string names;
  for (const Variant& variant : variants) {
    names += (names.empty() ? "" : ", ") + variant.hardware_class;
  }
  return Refusal{Code::kFailedPrecondition,
                 "version " + std::to_string(wish.origin->version) + " of " + wish.origin->model +
                     " has no variant for class " + wanted,
                 "name the class of the variant to begin with (from): " + names};
}

std::optional<Refusal> complete(const Call& call, OptimiseWish& wish) {
  const ModelVersion& origin = *wish.origin;
  if (!call.plane.classes().contains(wish.hardware_class)) {
    return Refusal{Code::kNotFound, "there is no class '" + wish.hardware_class + "'",
                   "define it: flotilla class set " + wish.hardware_class};
  }
  if (auto refusal = find_input(wish)) return refusal;
  if (wish.keeps_golden) {
    wish.golden.digest = wish.input->golden_digest;
    if (wish.golden.digest.is_none()) {
      return Refusal{Code::kFailedPrecondition, "the version has no golden vectors to keep",
                     "give a file of golden vectors"};
    }
  } else if (!wish.golden.digest.is_none() && !call.around.artifacts.contains(wish.golden.digest)) {
    return Refusal{Code::kNotFound, "the golden vectors are no stored artifact",
                   "store them first: POST /api/v1/artifacts"};
  }
  if (wish.label.empty()) {
    const bool has_label = !origin.label.empty();
    wish.label = (has_label ? origin.label : std::to_string(origin.version)) + kOptimisedSuffix;
  }
  if (wish.label.size() > kMaxVersionLabel) {
    return Refusal{Code::kInvalidArgument, "the label '" + wish.label + "' is too long",
                   "give a label of at most " + std::to_string(kMaxVersionLabel) + " bytes"};
  }
  if (find_version(call.plane, origin.model, wish.label) == nullptr) return std::nullopt;
  return Refusal{Code::kAlreadyExists,
                 "label '" + wish.label + "' names a version of " + origin.model + " already",
                 "use that version, or choose another label"};
}

Response told_progress(const std::string& hardware_class, const EncodeProgress& progress) {
  return json_response(202, {{"hardware_class", hardware_class},
                             {"step", progress.step},
                             {"done", progress.done},
                             {"total", progress.total}});
}

/// Nothing when every step was done.
std::optional<Response> optimise_image(const Call& call, const OptimiseOrder& order,
                                       std::shared_ptr<const OptimisedImage>& out) {
  const OptimiseState state = call.around.optimiser->ask(order);
  if (!state.failure.ok()) {
    return problem({state.failure.code(),
                    std::string("the image cannot be optimised: ") + state.failure.reason(),
                    "repeat the request later"});
  }
  if (state.image == nullptr) return told_progress(order.hardware_class, state.progress);
  out = state.image;
  return std::nullopt;
}

/// The registered version, but for the manifests; an answer when it is refused or not yet ready.
std::optional<Response> make_version(const Call& call, const OptimiseWish& wish,
                                     const std::vector<StepRecord>& records,
                                     ModelVersion& version) {
  Variant variant;
  variant.hardware_class = wish.hardware_class;
  variant.image_digest = records.back().output;
  variant.image_size = records.back().output_size;
  variant.golden_digest = wish.golden.digest;
  variant.runtime = wish.runtime.empty() ? wish.input->runtime : wish.runtime;
  variant.security_counter = wish.input->security_counter;
  version.model = wish.origin->model;
  version.version = call.plane.next_version(version.model);
  version.label = wish.label;
  version.created = call.now;
  version.created_by = call.actor.name;
  version.variants = {variant};
  if (auto answer = inspect_variants(call, version.variants)) return answer;
  const Json origin_document = newest_document(call.plane, *wish.origin);
  const Json document = chain_document({*wish.origin, *wish.input, origin_document, wish.golden},
                                       version.variants.front(), records);
  version.document = to_text(document);
  version.document_digest = call.around.hasher.sha256({as_bytes(version.document)});
  Json read;
  if (auto refusal = read_document(version.document, read)) return problem(*refusal);
  if (auto refusal = take_facts(call, read, version.variants)) return problem(*refusal);
  const auto checks =
      check_fit(version.variants.front(), read, call.plane.classes().at(wish.hardware_class));
  const auto misfit = refuse_misfit(checks, "the optimised image", wish.hardware_class);
  if (misfit) return problem(*misfit);
  return std::nullopt;
}

}  // namespace

Response optimise_version(const Call& call) {
  OptimiseWish wish;
  std::optional<Response> missing;
  wish.origin = asked_version(call, missing);
  if (missing) return *missing;
  Json body;
  if (auto fault = read_body(call, body)) return *fault;
  if (const auto refusal = read_wish(body, wish)) return problem(*refusal);
  // What the result may not be registered for is not worked for either: steps run commands.
  const Reach reach{wish.origin->model, wish.hardware_class, "", ""};
  if (const auto refusal = call.access.permit(reach, call.now)) return problem(*refusal);
  if (call.around.optimiser == nullptr) {
    return problem({Code::kUnimplemented, "this server does not optimise models",
                    "ask one that was started by flotilla serve"});
  }
  if (const auto refusal = complete(call, wish)) return problem(*refusal);
  // Once for each new version: a command may have changed since the last one.
  const OptimiseOrder order{wish.input->image_digest, wish.steps, wish.hardware_class,
                            "version " + wish.origin->model + "/" + wish.label};
  std::shared_ptr<const OptimisedImage> image;
  if (auto answer = optimise_image(call, order, image)) return *answer;
  if (image->fault) {
    return problem({Code::kFailedPrecondition, image->fault->message, image->fault->remedy});
  }
  RegisterVersion command;
  if (auto answer = make_version(call, wish, image->records, command.version)) return *answer;
  if (const auto refusal = sign_version(call, command.version)) return problem(*refusal);
  if (auto fault = refused(call, command)) return *fault;
  return json_response(201, version_json(command.version));
}

}  // namespace flotilla::controller::api
