#include <algorithm>
#include <cmath>

#include "controller/api/body_reader.h"
#include "controller/api/endpoints.h"
#include "controller/api/loss_view.h"
#include "controller/api/rollout_request.h"
#include "controller/api/version_request.h"
#include "controller/api/views.h"
#include "controller/domain/bounds.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

constexpr const char* kSuffix = "-rounded";
/// Of a version document, for what is no list of tensors.
constexpr size_t kDocumentFrame = 2048;
constexpr size_t kVariantFrame = 640;

/// A request to release a version rounded.
struct Wish {
  const ModelVersion* origin = nullptr;
  const ModelVersion* base = nullptr;
  uint32_t step_ppm = 0;
  std::string label;
  std::vector<std::string> hardware_classes;  ///< empty: all of the origin's
};

/// One variant of it.
struct Part {
  const Variant* origin = nullptr;
  const Variant* base = nullptr;
  std::shared_ptr<const RoundedImage> image;
};

uint32_t read_step(BodyReader& reader) {
  const Json& value = reader.any("step");
  const double step = value.is_number() ? value.get<double>() : NAN;
  if (!check_step(step).ok()) {
    reader.fail("step", value.is_null() ? "missing" : quote(value), "a number from 0.001 to 1");
    return 0;
  }
  return static_cast<uint32_t>(std::lround(step * 1e6));
}

std::string default_label(const ModelVersion& origin) {
  return (origin.label.empty() ? std::to_string(origin.version) : origin.label) + kSuffix;
}

std::optional<Refusal> check_label(const Wish& wish, const ControlPlane& plane) {
  if (wish.label.size() > kMaxVersionLabel) {
    return Refusal{Code::kInvalidArgument,
                   "the label '" + wish.label + "' is longer than " +
                       std::to_string(kMaxVersionLabel) + " bytes",
                   "give a label"};
  }
  if (find_version(plane, wish.origin->model, wish.label) == nullptr) return std::nullopt;
  return Refusal{Code::kAlreadyExists,
                 "label '" + wish.label + "' names a version of " + wish.origin->model + " already",
                 "use that version, or choose another label"};
}

std::optional<Refusal> read_wish(const Call& call, const Json& body, Wish& out) {
  BodyReader reader(body);
  const std::string base =
      read_version(reader, "base", "the number or label of the version that devices have");
  out.step_ppm = read_step(reader);
  out.label = read_label(reader);
  if (out.label.empty()) out.label = default_label(*out.origin);
  for (const Json& name : reader.array("hardware_classes", 0, kMaxVariants, Need::kOptional)) {
    if (!name.is_string() || !is_valid_name(name.get_ref<const std::string&>())) {
      reader.fail("hardware_classes", "not a list of class names: " + quote(name),
                  "an array of names");
      break;
    }
    out.hardware_classes.push_back(name.get<std::string>());
  }
  if (const auto refusal = reader.finish()) return refusal;
  out.base = find_version(call.plane, out.origin->model, base);
  if (out.base == nullptr) {
    return Refusal{Code::kNotFound,
                   "model '" + out.origin->model + "' has no version '" + base + "'",
                   "versions: flotilla model show " + out.origin->model};
  }
  if (out.base == out.origin) {
    return Refusal{Code::kInvalidArgument,
                   "version " + std::to_string(out.base->version) + " cannot be its own base",
                   "name the version that devices have as base"};
  }
  return check_label(out, call.plane);
}

const Variant* variant_for(const ModelVersion& version, const std::string& hardware_class) {
  for (const Variant& variant : version.variants) {
    if (variant.hardware_class == hardware_class) return &variant;
  }
  return nullptr;
}

std::optional<Refusal> find_parts(const Wish& wish, std::vector<Part>& out) {
  std::vector<std::string> classes = wish.hardware_classes;
  if (classes.empty()) {
    for (const Variant& variant : wish.origin->variants) classes.push_back(variant.hardware_class);
  }
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  for (const std::string& name : classes) {
    const Part part{variant_for(*wish.origin, name), variant_for(*wish.base, name), nullptr};
    if (part.origin == nullptr || part.base == nullptr) {
      const ModelVersion& lacking = part.origin == nullptr ? *wish.origin : *wish.base;
      return Refusal{Code::kFailedPrecondition,
                     "version " + std::to_string(lacking.version) + " of " + lacking.model +
                         " has no variant for class " + name,
                     "name classes that both versions have"};
    }
    out.push_back(part);
  }
  return std::nullopt;
}

Response told_failure(const Part& part, Status failure) {
  const bool is_ours = failure.code() == Code::kFailedPrecondition;
  return problem({failure.code(), "class " + part.origin->hardware_class + ": " + failure.reason(),
                  is_ours ? "roll out the version as it is, or give another base or class"
                          : "repeat the request later"});
}

Response under_way(const Part& part, const EncodeProgress& progress) {
  return json_response(202, {{"hardware_class", part.origin->hardware_class},
                             {"step", progress.step},
                             {"done", progress.done},
                             {"total", progress.total}});
}

/// Asks for all, so that they are worked on together; the first that is not there is told of.
std::optional<Response> round_all(const Call& call, const Wish& wish, std::vector<Part>& parts) {
  std::optional<Response> told;
  for (Part& part : parts) {
    const RoundOrder order{part.base->image_digest, part.origin->image_digest, wish.step_ppm};
    const RoundingState state = call.around.rounder->ask(order);
    if (!state.failure.ok()) return told_failure(part, state.failure);
    part.image = state.image;
    if (part.image == nullptr && !told) told = under_way(part, state.progress);
  }
  return told;
}

Json variant_document(const Part& part, size_t bytes) {
  const RoundedImage& image = *part.image;
  Json out = loss_json(image.whole);
  out["hardware_class"] = part.origin->hardware_class;
  out["image_digest"] = digest_json(image.digest);
  out["origin_digest"] = digest_json(part.origin->image_digest);
  out["base_digest"] = digest_json(part.base->image_digest);
  out["tensors"] = worst_losses(image.tensors, bytes);
  out["tensors_rounded"] = image.tensors.size();
  out["tensors_kept"] = image.kept;
  return out;
}

std::string document_of(const Wish& wish, const std::vector<Part>& parts) {
  const size_t each = (kMaxDocument - kDocumentFrame) / parts.size();
  Json variants = Json::array();
  for (const Part& part : parts) variants.push_back(variant_document(part, each - kVariantFrame));
  return to_text({{"delta_aware",
                   {{"version", wish.origin->version},
                    {"label", wish.origin->label},
                    {"document_digest", digest_json(wish.origin->document_digest)},
                    {"base", wish.base->version},
                    {"base_label", wish.base->label},
                    {"step", wish.step_ppm / 1e6},
                    {"variants", std::move(variants)}}}});
}

ModelVersion rounded_version(const Call& call, const Wish& wish, const std::vector<Part>& parts) {
  ModelVersion version;
  version.model = wish.origin->model;
  version.version = call.plane.next_version(version.model);
  version.label = wish.label;
  version.document = document_of(wish, parts);
  version.document_digest = call.around.hasher.sha256({as_bytes(version.document)});
  version.created = call.now;
  version.created_by = call.actor.identity;
  version.lineage = {wish.origin->version, wish.base->version, wish.step_ppm};
  for (const Part& part : parts) {
    Variant variant = *part.origin;
    variant.image_digest = part.image->digest;
    variant.image_size = part.image->size;
    variant.release_digest = {};
    variant.release_envelope.clear();
    version.variants.push_back(std::move(variant));
  }
  return version;
}

}  // namespace

Response release_delta_aware(const Call& call) {
  Wish wish;
  std::optional<Response> missing;
  wish.origin = asked_version(call, missing);
  if (missing) return *missing;
  if (call.around.rounder == nullptr) {
    return problem({Code::kUnimplemented, "this server does not round updates",
                    "ask one that was started by flotilla serve"});
  }
  Json body;
  if (auto fault = read_body(call, body)) return *fault;
  if (const auto refusal = read_wish(call, body, wish)) return problem(*refusal);
  std::vector<Part> parts;
  if (const auto refusal = find_parts(wish, parts)) return problem(*refusal);
  if (auto told = round_all(call, wish, parts)) return *told;
  RegisterVersion command{rounded_version(call, wish, parts)};
  if (auto answer = inspect_variants(call, command.version.variants)) return *answer;
  if (const auto refusal = sign_version(call, command.version)) return problem(*refusal);
  if (auto fault = refused(call, command)) return *fault;
  return json_response(201, version_json(command.version));
}

}  // namespace flotilla::controller::api
