#include "controller/api/endpoints.h"
#include "controller/api/version_request.h"
#include "controller/api/views.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

/// The last answer of an upload: its file is an artifact now.
Response stored(const Call& call) {
  const Upload& upload = *call.request.upload;
  // Too large for golden vectors, so mostly a model: what is found is there when its version is
  // registered.
  const bool is_model = upload.size > kMaxGolden;
  if (is_model && call.around.inspector != nullptr) call.around.inspector->ask(upload.digest);
  return json_response(201, {{"digest", to_hex(upload.digest).view()}, {"size", upload.size}});
}

Response receive_or_store(const Call& call) {
  if (call.request.upload) return stored(call);
  if (call.request.body_follows) {
    Response proceed;
    proceed.status = kProceed;
    return proceed;
  }
  return problem({Code::kInvalidArgument, "the request has no body",
                  "send the file's bytes as application/octet-stream"});
}

std::optional<Response> check_upload_id(const std::string& id) {
  if (is_valid_device_id(id)) return std::nullopt;
  return problem({Code::kInvalidArgument, "upload id '" + id.substr(0, 70) + "' is not allowed",
                  "choose 1 to 64 characters of a-z, 0-9, _ and -"});
}

/// A number that the request must have.
std::optional<Response> need_number(const Call& call, const char* name, uint64_t low,
                                    uint64_t high) {
  if (!call.request.query.contains(name)) {
    return problem(
        {Code::kInvalidArgument, "query " + std::string(name) + " is missing",
         "send ?size=BYTES&offset=BYTES: of the whole file, and where this body begins"});
  }
  uint64_t number = 0;
  std::optional<Response> fault;
  read_query_number(call, name, low, high, number, fault);
  return fault;
}

}  // namespace

Response upload_artifact(const Call& call) {
  return receive_or_store(call);
}

Response continue_upload(const Call& call) {
  if (auto fault = check_upload_id(call.parameters.at("id"))) return *fault;
  if (auto fault = need_number(call, "size", 1, kMaxImageSize)) return *fault;
  if (auto fault = need_number(call, "offset", 0, kMaxImageSize)) return *fault;
  return receive_or_store(call);
}

Response get_upload(const Call& call) {
  const std::string& id = call.parameters.at("id");
  if (auto fault = check_upload_id(id)) return *fault;
  const auto progress = call.around.find_upload(id);
  if (!progress) {
    return not_found("upload", id, "begin it: PUT /api/v1/uploads/" + id + "?size=BYTES&offset=0");
  }
  return json_response(200, upload_json(id, *progress));
}

}  // namespace flotilla::controller::api
