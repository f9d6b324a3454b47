#include "controller/app/cli/paths.h"

#include "controller/adapters/http_client.h"

namespace flotilla::controller::app {

std::string device_path(const std::string& id) {
  return "/devices/" + encode_path_segment(id);
}

std::string version_path(const std::string& model, const std::string& version) {
  return "/models/" + encode_path_segment(model) + "/versions/" + encode_path_segment(version);
}

}  // namespace flotilla::controller::app
