#include <iterator>

#include "controller/api/endpoints.h"
#include "controller/api/governance_endpoints.h"
#include "controller/api/reach.h"

namespace flotilla::controller::api {

namespace {

constexpr Rule kPublic{Rule::Kind::kPublic};
constexpr Rule kAnyToken{Rule::Kind::kAnyToken};

constexpr Rule needs(Permission permission, ReachOf reach = nullptr) {
  return {Rule::Kind::kPermission, permission, reach};
}

constexpr Rule kReadModel = needs(Permission::kReadModels, reach_model);
constexpr Rule kPublish = needs(Permission::kPublish, reach_model);
constexpr Rule kStore = needs(Permission::kStoreArtifact);
constexpr Rule kReadLog = needs(Permission::kReadAudit, reach_everything);
constexpr Rule kReadDevice = needs(Permission::kReadDevices, reach_device);
constexpr Rule kOperate = needs(Permission::kOperate, reach_rollout);
constexpr Rule kTokens = needs(Permission::kManageTokens);
constexpr Rule kPolicies = needs(Permission::kManagePolicies);

constexpr Route kRoutes[] = {
    {"GET", "/api/v1/status", "getStatus", needs(Permission::kStatus), get_status},
    {"GET", "/api/v1/openapi.json", "getOpenApi", kPublic, get_openapi},
    {"GET", "/api/v1/schemas/version-1.json", "getDocumentSchema", kPublic, get_document_schema},
    {"GET", "/api/v1/audit", "listAudit", kReadLog, list_audit},
    {"GET", "/api/v1/audit/checkpoint", "getCheckpoint", kReadLog, get_checkpoint},
    {"GET", "/api/v1/audit/proof", "getAuditProof", kReadLog, get_audit_proof},
    {"GET", "/api/v1/audit/consistency", "getAuditConsistency", kReadLog, get_audit_consistency},
    {"GET", "/api/v1/audit/entries", "listAuditBytes", kReadLog, list_audit_bytes},
    {"GET", "/api/v1/audit/witnesses", "listWitnesses", kReadLog, list_witnesses},
    {"GET", "/api/v1/transfers", "listTransfers", needs(Permission::kReadRollouts), list_transfers},
    {"GET", "/api/v1/whoami", "whoAmI", kAnyToken, who_am_i},
    {"GET", "/api/v1/tokens", "listTokens", kTokens, list_tokens},
    {"POST", "/api/v1/tokens", "createToken", kTokens, create_token},
    {"GET", "/api/v1/tokens/{id}", "getToken", kTokens, get_token},
    {"DELETE", "/api/v1/tokens/{id}", "revokeToken", kTokens, revoke_token},
    {"GET", "/api/v1/policies", "listPolicies", needs(Permission::kReadModels), list_policies},
    {"PUT", "/api/v1/policies", "setPolicy", kPolicies, set_policy},
    {"DELETE", "/api/v1/policies", "removePolicy", kPolicies, remove_policy},

    {"GET", "/api/v1/classes", "listClasses", needs(Permission::kReadClasses), list_classes},
    {"GET", "/api/v1/classes/{name}", "getClass", needs(Permission::kReadClasses, reach_class),
     get_class},
    {"PUT", "/api/v1/classes/{name}", "putClass", needs(Permission::kDefineClass, reach_class),
     put_class},

    {"GET", "/api/v1/devices", "listDevices", needs(Permission::kReadDevices), list_devices},
    {"POST", "/api/v1/devices", "enrolDevice", needs(Permission::kEnrol), enrol_device},
    {"GET", "/api/v1/devices/{id}", "getDevice", kReadDevice, get_device},
    {"GET", "/api/v1/devices/{id}/why", "explainDevice", kReadDevice, explain_device},
    {"GET", "/api/v1/devices/{id}/history", "getDeviceHistory", kReadDevice, get_device_history},
    {"GET", "/api/v1/devices/{id}/proof", "getDeviceProof",
     needs(Permission::kReadAudit, reach_device), get_device_proof},
    {"DELETE", "/api/v1/devices/{id}", "retireDevice", needs(Permission::kEnrol, reach_device),
     retire_device},

    {"POST", "/api/v1/artifacts", "uploadArtifact", kStore, upload_artifact},
    {"GET", "/api/v1/uploads/{id}", "getUpload", kStore, get_upload},
    {"PUT", "/api/v1/uploads/{id}", "continueUpload", kStore, continue_upload},
    {"GET", "/api/v1/models", "listModels", needs(Permission::kReadModels), list_models},
    {"GET", "/api/v1/versions", "searchVersions", needs(Permission::kReadModels), search_versions},
    {"GET", "/api/v1/models/{model}", "getModel", kReadModel, get_model},
    {"POST", "/api/v1/models/{model}/versions", "registerVersion", kPublish, register_version},
    {"GET", "/api/v1/models/{model}/versions/{version}", "getVersion", kReadModel, get_version},
    {"GET", "/api/v1/models/{model}/versions/{version}/document", "getDocument", kReadModel,
     get_document},
    {"POST", "/api/v1/models/{model}/versions/{version}/document", "reviseDocument", kPublish,
     revise_document},
    {"GET", "/api/v1/models/{model}/versions/{version}/fit", "getFit", kReadModel, get_fit},
    {"GET", "/api/v1/models/{model}/versions/{version}/facts/{class}", "getFacts",
     needs(Permission::kReadModels, reach_model_class), get_facts},
    {"POST", "/api/v1/models/{model}/versions/{version}/delta-aware", "releaseDeltaAware", kPublish,
     release_delta_aware},
    {"POST", "/api/v1/models/{model}/versions/{version}/optimise", "optimiseVersion", kPublish,
     optimise_version},
    {"POST", "/api/v1/models/{model}/versions/{version}/reproduce", "reproduceVersion", kPublish,
     reproduce_version},
    {"GET", "/api/v1/models/{model}/versions/{version}/lifecycle", "getLifecycle", kReadModel,
     get_lifecycle},
    {"POST", "/api/v1/models/{model}/versions/{version}/evidence", "postEvidence",
     needs(Permission::kValidate, reach_model), post_evidence},
    {"POST", "/api/v1/models/{model}/versions/{version}/approvals", "approveVersion",
     needs(Permission::kApprove, reach_model), approve_version},
    {"POST", "/api/v1/models/{model}/versions/{version}/release", "releaseVersion",
     needs(Permission::kRelease, reach_model), release_version},
    {"POST", "/api/v1/models/{model}/versions/{version}/deprecate", "deprecateVersion",
     needs(Permission::kRelease, reach_model), deprecate_version},
    {"POST", "/api/v1/models/{model}/versions/{version}/revoke", "revokeVersion",
     needs(Permission::kRevoke, reach_model), revoke_version},
    {"GET", "/api/v1/models/{model}/versions/{version}/release/{class}", "getRelease",
     needs(Permission::kReadModels, reach_model_class), get_release},
    {"POST", "/api/v1/models/{model}/versions/{version}/release/{class}", "signRelease",
     needs(Permission::kPublish, reach_model_class), sign_release_of},
    {"GET", "/api/v1/models/{model}/aliases", "listAliases", kReadModel, list_aliases},
    {"PUT", "/api/v1/models/{model}/aliases/{alias}", "setAlias",
     needs(Permission::kMoveAlias, reach_alias), set_alias},
    {"DELETE", "/api/v1/models/{model}/aliases/{alias}", "removeAlias",
     needs(Permission::kMoveAlias, reach_alias), remove_alias},

    {"GET", "/api/v1/retention", "getRetention", needs(Permission::kReadModels, reach_everything),
     get_retention},
    {"POST", "/api/v1/retention", "deleteVersions",
     needs(Permission::kDeleteVersions, reach_everything), delete_versions},
    {"PUT", "/api/v1/models/{model}/versions/{version}/pin", "pinVersion",
     needs(Permission::kPin, reach_model), pin_version},
    {"DELETE", "/api/v1/models/{model}/versions/{version}/pin", "unpinVersion",
     needs(Permission::kPin, reach_model), unpin_version},

    {"GET", "/api/v1/keyset", "getKeyset", needs(Permission::kStatus), get_keyset},
    {"POST", "/api/v1/keyset", "publishKeyset", needs(Permission::kManageKeys, reach_everything),
     publish_keyset},

    {"GET", "/api/v1/rollouts", "listRollouts", needs(Permission::kReadRollouts), list_rollouts},
    {"POST", "/api/v1/rollouts", "startRollout", needs(Permission::kOperate), start_rollout},
    {"GET", "/api/v1/rollouts/{id}", "getRollout", needs(Permission::kReadRollouts, reach_rollout),
     get_rollout},
    {"POST", "/api/v1/rollouts/{id}/hold", "holdRollout", kOperate, hold_rollout},
    {"POST", "/api/v1/rollouts/{id}/resume", "resumeRollout", kOperate, resume_rollout},
    {"POST", "/api/v1/rollouts/{id}/halt", "haltRollout", kOperate, halt_rollout},
    {"POST", "/api/v1/rollouts/{id}/rollback", "rollbackRollout", kOperate, rollback_rollout},
    {"POST", "/api/v1/rollouts/{id}/cancel", "cancelRollout", kOperate, cancel_rollout},
};

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> table(std::begin(kRoutes), std::end(kRoutes));
  return table;
}

}  // namespace flotilla::controller::api
