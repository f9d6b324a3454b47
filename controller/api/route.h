#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controller/api/keyset_keeper.h"
#include "controller/api/message.h"
#include "controller/api/model_inspector.h"
#include "controller/api/optimise/model_optimiser.h"
#include "controller/api/update_rounder.h"
#include "controller/artifact/approval_check.h"
#include "controller/domain/control_plane.h"
#include "controller/ports/artifact_store.h"
#include "controller/ports/signer.h"

namespace flotilla::controller::api {

struct CertificateFacts {
  std::string common_name;
  PublicKey public_key{};
};

/// What the endpoints need from outside; lives as long as the API.
struct Surroundings {
  Store& store;
  ArtifactStore& artifacts;
  Hasher& hasher;
  Signer* release_signer = nullptr;  ///< null: versions are drafts until somebody signs them
  std::function<void(MutableBytes)> random;
  std::function<Result<CertificateFacts>(const std::string& pem)> read_certificate;
  std::function<bool()> broker_connected;
  /// Counters of the process by name, for GET status.
  std::function<std::map<std::string, uint64_t>()> counters;
  std::string software;  ///< version of this build
  /// How much of an upload has arrived; nothing for an unknown id.
  std::function<std::optional<UploadProgress>(const std::string& id)> find_upload;
  UpdateRounder* rounder = nullptr;     ///< null: this server makes no delta-aware versions
  ModelInspector* inspector = nullptr;  ///< null: images are registered as they are
  ModelOptimiser* optimiser = nullptr;  ///< null: this server does not optimise
  /// Against the keyset in force. Empty: approvals are not signed.
  std::function<Result<VerifiedApproval>(Bytes envelope)> verify_approval = {};
  KeysetKeeper* keysets = nullptr;  ///< null: what devices would say of a release is not asked
  const SignatureVerifier* verifier = nullptr;
  Signer* director = nullptr;  ///< signs checkpoints; null: there are none
};

/// What became of a submitted command.
struct Outcome {
  std::optional<Refusal> refusal;
  uint32_t created_rollout = 0;
};

/// Steps the machine at once; the response is held back until the commit.
using Submit = std::function<Outcome(const Event&, const Actor&)>;

using Parameters = std::map<std::string, std::string>;  ///< of the path template

/// What the request's token may see and do.
class Access {
 public:
  Access(const ControlPlane& plane, Token token, Permission permission)
      : plane_(plane), token_(std::move(token)), permission_(permission) {}

  /// Lists leave out what this is false for.
  bool sees(const Reach& reach) const { return permits(token_.grants, permission_, reach); }
  bool sees(const Device& device) const;
  bool sees(const Rollout& rollout) const;
  const Token& token() const { return token_; }
  std::optional<Refusal> permit(const Event& command, WallTime now) const {
    return plane_.permit(token_, command, now);
  }
  /// Of the route's permission on something that only the body names.
  std::optional<Refusal> permit(const Reach& reach, WallTime now) const {
    return plane_.permit(token_, permission_, {reach}, now);
  }

 private:
  const ControlPlane& plane_;
  Token token_;
  Permission permission_;
};

/// One request on its way through an endpoint, on the loop thread.
struct Call {
  const Request& request;
  Parameters parameters;
  Actor actor;
  const Access& access;
  WallTime now;
  const ControlPlane& plane;
  const Submit& submit;
  const Submit& note;  ///< for facts that the program knows by itself: nobody's right is asked
  Surroundings& around;
};

using Endpoint = Response (*)(const Call&);

/// What a request touches as far as its path tells; what does not exist touches nothing. Whatever a
/// body says is judged by the command that comes of it.
using ReachOf = std::vector<Reach> (*)(const Parameters& parameters, const ControlPlane& plane);

/// What a route asks of the token.
struct Rule {
  enum class Kind : uint8_t { kPublic, kAnyToken, kPermission } kind = Kind::kPermission;
  Permission permission = Permission::kStatus;
  ReachOf reach = nullptr;  ///< null: the role is enough; lists leave out what is out of scope
};

/// "public", "token" or the permission's.
const char* rule_name(const Rule& rule);

struct Route {
  const char* method;
  const char* path;  ///< template, as in OpenAPI: "/api/v1/devices/{id}"
  const char* operation;
  Rule rule;
  Endpoint endpoint;
};

/// Every route; a test holds it against openapi.json in both directions.
const std::vector<Route>& routes();

/// Binds the template's parameters when `path` fits it.
bool match_path(std::string_view path_template, std::string_view path, Parameters& parameters);

}  // namespace flotilla::controller::api
