#include "controller/api/endpoints.h"
#include "controller/api/version_request.h"
#include "controller/domain/bounds.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

Response under_way(const std::string& subject, const EncodeProgress& progress) {
  Response response = json_response(202, {{"hardware_class", subject},
                                          {"step", progress.step},
                                          {"done", progress.done},
                                          {"total", progress.total}});
  response.is_soon_done = true;
  return response;
}

/// Asks for one image: nothing when it is inspected and good.
std::optional<Response> inspect(const Call& call, const std::string& hardware_class,
                                const Digest& image) {
  const InspectionState state = call.around.inspector->ask(image);
  if (!state.failure.ok()) {
    return problem(
        {state.failure.code(),
         "the image for " + hardware_class + " cannot be inspected: " + state.failure.reason(),
         "repeat the request later"});
  }
  if (state.image == nullptr) return under_way(hardware_class, state.progress);
  if (!state.image->fault) return std::nullopt;
  return problem({Code::kInvalidArgument,
                  "the image for " + hardware_class + ": " + state.image->fault->message,
                  state.image->fault->remedy});
}

/// Asks for all, so that they are worked on together; refusals win over what is under way.
template <typename Images>
std::optional<Response> inspect_all(const Call& call, const Images& images) {
  std::optional<Response> waiting;
  for (const auto& [hardware_class, image] : images) {
    auto answer = inspect(call, hardware_class, image);
    if (answer && answer->status != 202) return answer;
    if (answer && !waiting) waiting = std::move(answer);
  }
  return waiting;
}

}  // namespace

std::optional<Response> inspect_variants(const Call& call, std::vector<Variant>& variants) {
  if (call.around.inspector == nullptr) return std::nullopt;
  std::vector<std::pair<std::string, Digest>> images;
  for (const Variant& variant : variants) {
    images.emplace_back(variant.hardware_class, variant.image_digest);
  }
  if (auto answer = inspect_all(call, images)) return answer;
  for (Variant& variant : variants) {
    const InspectionState state = call.around.inspector->ask(variant.image_digest);
    if (state.image == nullptr) return under_way(variant.hardware_class, state.progress);
    variant.facts = state.image->summary;
  }
  return std::nullopt;
}

std::optional<Response> inspect_images(const Call& call, const Json& body) {
  if (call.around.inspector == nullptr || !body.is_object()) return std::nullopt;
  const auto variants = body.find("variants");
  if (variants == body.end() || !variants->is_array() || variants->size() > kMaxVariants) {
    return std::nullopt;
  }
  std::vector<std::pair<std::string, Digest>> images;
  for (const Json& variant : *variants) {
    if (!variant.is_object()) return std::nullopt;
    const Json hardware_class = variant.value("hardware_class", Json());
    const Json image = variant.value("image", Json());
    Digest digest;
    // What is wrong or missing is told when the body is read.
    if (!hardware_class.is_string() || !image.is_string()) return std::nullopt;
    if (!parse_hex(image.get_ref<const std::string&>(), digest)) return std::nullopt;
    if (!call.around.artifacts.contains(digest)) return std::nullopt;
    images.emplace_back(hardware_class.get<std::string>().substr(0, kMaxName), digest);
  }
  return inspect_all(call, images);
}

}  // namespace flotilla::controller::api
