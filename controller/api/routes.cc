#include "controller/api/endpoints.h"

namespace flotilla::controller::api {

const std::vector<Route>& routes() {
  static const std::vector<Route> table = {
      {"GET", "/api/v1/status", "getStatus", Role::kViewer, get_status},
      {"GET", "/api/v1/openapi.json", "getOpenApi", Role::kPublic, get_openapi},
      {"GET", "/api/v1/schemas/version-1.json", "getDocumentSchema", Role::kPublic,
       get_document_schema},
      {"GET", "/api/v1/audit", "listAudit", Role::kViewer, list_audit},
      {"GET", "/api/v1/audit/checkpoint", "getCheckpoint", Role::kViewer, get_checkpoint},
      {"GET", "/api/v1/audit/proof", "getAuditProof", Role::kViewer, get_audit_proof},
      {"GET", "/api/v1/audit/consistency", "getAuditConsistency", Role::kViewer,
       get_audit_consistency},
      {"GET", "/api/v1/audit/entries", "listAuditBytes", Role::kViewer, list_audit_bytes},
      {"GET", "/api/v1/audit/witnesses", "listWitnesses", Role::kViewer, list_witnesses},
      {"GET", "/api/v1/transfers", "listTransfers", Role::kViewer, list_transfers},
      {"GET", "/api/v1/tokens", "listTokens", Role::kAdmin, list_tokens},
      {"POST", "/api/v1/tokens", "createToken", Role::kAdmin, create_token},

      {"GET", "/api/v1/classes", "listClasses", Role::kViewer, list_classes},
      {"GET", "/api/v1/classes/{name}", "getClass", Role::kViewer, get_class},
      {"PUT", "/api/v1/classes/{name}", "putClass", Role::kAdmin, put_class},

      {"GET", "/api/v1/devices", "listDevices", Role::kViewer, list_devices},
      {"POST", "/api/v1/devices", "enrolDevice", Role::kAdmin, enrol_device},
      {"GET", "/api/v1/devices/{id}", "getDevice", Role::kViewer, get_device},
      {"GET", "/api/v1/devices/{id}/why", "explainDevice", Role::kViewer, explain_device},
      {"GET", "/api/v1/devices/{id}/history", "getDeviceHistory", Role::kViewer,
       get_device_history},
      {"GET", "/api/v1/devices/{id}/proof", "getDeviceProof", Role::kViewer, get_device_proof},
      {"DELETE", "/api/v1/devices/{id}", "retireDevice", Role::kAdmin, retire_device},

      {"POST", "/api/v1/artifacts", "uploadArtifact", Role::kOperator, upload_artifact},
      {"GET", "/api/v1/models", "listModels", Role::kViewer, list_models},
      {"GET", "/api/v1/versions", "searchVersions", Role::kViewer, search_versions},
      {"GET", "/api/v1/models/{model}", "getModel", Role::kViewer, get_model},
      {"POST", "/api/v1/models/{model}/versions", "registerVersion", Role::kOperator,
       register_version},
      {"GET", "/api/v1/models/{model}/versions/{version}", "getVersion", Role::kViewer,
       get_version},
      {"GET", "/api/v1/models/{model}/versions/{version}/document", "getDocument", Role::kViewer,
       get_document},
      {"POST", "/api/v1/models/{model}/versions/{version}/document", "reviseDocument",
       Role::kOperator, revise_document},
      {"GET", "/api/v1/models/{model}/versions/{version}/fit", "getFit", Role::kViewer, get_fit},
      {"GET", "/api/v1/models/{model}/versions/{version}/facts/{class}", "getFacts", Role::kViewer,
       get_facts},
      {"POST", "/api/v1/models/{model}/versions/{version}/delta-aware", "releaseDeltaAware",
       Role::kOperator, release_delta_aware},

      {"GET", "/api/v1/retention", "getRetention", Role::kViewer, get_retention},
      {"POST", "/api/v1/retention", "deleteVersions", Role::kAdmin, delete_versions},
      {"PUT", "/api/v1/models/{model}/versions/{version}/pin", "pinVersion", Role::kOperator,
       pin_version},
      {"DELETE", "/api/v1/models/{model}/versions/{version}/pin", "unpinVersion", Role::kOperator,
       unpin_version},

      {"GET", "/api/v1/rollouts", "listRollouts", Role::kViewer, list_rollouts},
      {"POST", "/api/v1/rollouts", "startRollout", Role::kOperator, start_rollout},
      {"GET", "/api/v1/rollouts/{id}", "getRollout", Role::kViewer, get_rollout},
      {"POST", "/api/v1/rollouts/{id}/hold", "holdRollout", Role::kOperator, hold_rollout},
      {"POST", "/api/v1/rollouts/{id}/resume", "resumeRollout", Role::kOperator, resume_rollout},
      {"POST", "/api/v1/rollouts/{id}/halt", "haltRollout", Role::kOperator, halt_rollout},
      {"POST", "/api/v1/rollouts/{id}/rollback", "rollbackRollout", Role::kOperator,
       rollback_rollout},
      {"POST", "/api/v1/rollouts/{id}/cancel", "cancelRollout", Role::kOperator, cancel_rollout},
  };
  return table;
}

}  // namespace flotilla::controller::api
