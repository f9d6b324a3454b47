#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controller/api/message.h"
#include "controller/api/model_inspector.h"
#include "controller/api/update_rounder.h"
#include "controller/domain/control_plane.h"
#include "controller/ports/artifact_store.h"
#include "controller/ports/signer.h"

namespace flotilla::controller::api {

/// Each role may do what the ones before it may.
enum class Role : uint8_t {
  kPublic,    ///< without a token
  kViewer,    ///< reads
  kOperator,  ///< pushes models, starts and steers rollouts
  kAdmin,     ///< enrols, retires, defines classes, makes tokens
};

/// kPublic for a name that is none.
Role parse_role(std::string_view name);
const char* role_name(Role role);

struct CertificateFacts {
  std::string common_name;
  PublicKey public_key{};
};

/// What the endpoints need from outside; lives as long as the API.
struct Surroundings {
  Store& store;
  ArtifactStore& artifacts;
  Hasher& hasher;
  Signer* release_signer = nullptr;  ///< null: this server registers no versions
  std::function<void(MutableBytes)> random;
  std::function<Result<CertificateFacts>(const std::string& pem)> read_certificate;
  std::function<bool()> broker_connected;
  /// Counters of the process by name, for GET status.
  std::function<std::map<std::string, uint64_t>()> counters;
  std::string software;                 ///< version of this build
  UpdateRounder* rounder = nullptr;     ///< null: this server makes no delta-aware versions
  ModelInspector* inspector = nullptr;  ///< null: images are registered as they are
  Signer* director = nullptr;           ///< signs checkpoints; null: there are none
  std::string keyset{};                 ///< signed envelope: who may sign what
};

/// What became of a submitted command.
struct Outcome {
  std::optional<Refusal> refusal;
  uint32_t created_rollout = 0;
};

/// Steps the machine at once; the response is held back until the commit.
using Submit = std::function<Outcome(const Event&, const Actor&)>;

/// One request on its way through an endpoint, on the loop thread.
struct Call {
  const Request& request;
  std::map<std::string, std::string> parameters;  ///< of the path template
  Actor actor;
  WallTime now;
  const ControlPlane& plane;
  const Submit& submit;
  Surroundings& around;
};

using Endpoint = Response (*)(const Call&);

struct Route {
  const char* method;
  const char* path;  ///< template, as in OpenAPI: "/api/v1/devices/{id}"
  const char* operation;
  Role role;
  Endpoint endpoint;
};

/// Every route; a test holds it against openapi.json in both directions.
const std::vector<Route>& routes();

/// Binds the template's parameters when `path` fits it.
bool match_path(std::string_view path_template, std::string_view path,
                std::map<std::string, std::string>& parameters);

}  // namespace flotilla::controller::api
