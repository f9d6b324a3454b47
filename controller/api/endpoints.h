#pragma once

#include "controller/api/problem.h"
#include "controller/api/route.h"

/// One function per operation of openapi.json, which describes them; routes.cc is their table.
namespace flotilla::controller::api {

Response get_status(const Call& call);
Response get_openapi(const Call& call);
Response list_audit(const Call& call);
Response get_checkpoint(const Call& call);
Response get_audit_proof(const Call& call);
Response get_audit_consistency(const Call& call);
Response list_audit_bytes(const Call& call);
Response list_witnesses(const Call& call);
Response list_transfers(const Call& call);
Response list_tokens(const Call& call);
Response create_token(const Call& call);

Response list_classes(const Call& call);
Response get_class(const Call& call);
Response put_class(const Call& call);

Response enrol_device(const Call& call);
Response list_devices(const Call& call);
Response get_device(const Call& call);
Response explain_device(const Call& call);
Response get_device_history(const Call& call);
Response get_device_proof(const Call& call);
Response retire_device(const Call& call);

Response upload_artifact(const Call& call);
Response get_upload(const Call& call);
Response continue_upload(const Call& call);
Response register_version(const Call& call);
Response release_delta_aware(const Call& call);
Response optimise_version(const Call& call);
Response reproduce_version(const Call& call);
Response list_models(const Call& call);
Response search_versions(const Call& call);
Response get_model(const Call& call);
Response get_version(const Call& call);
Response get_facts(const Call& call);
Response get_document_schema(const Call& call);
Response get_document(const Call& call);
Response revise_document(const Call& call);
Response get_fit(const Call& call);

Response get_release(const Call& call);
Response sign_release_of(const Call& call);
Response get_keyset(const Call& call);
Response publish_keyset(const Call& call);
Response get_retention(const Call& call);
Response delete_versions(const Call& call);
Response pin_version(const Call& call);
Response unpin_version(const Call& call);

Response start_rollout(const Call& call);
Response list_rollouts(const Call& call);
Response get_rollout(const Call& call);
Response hold_rollout(const Call& call);
Response resume_rollout(const Call& call);
Response halt_rollout(const Call& call);
Response rollback_rollout(const Call& call);
Response cancel_rollout(const Call& call);

// ---- shared by the endpoints

/// Parses the body, or answers the refusal.
std::optional<Response> read_body(const Call& call, Json& body);
/// Submits; a refusal becomes the response.
std::optional<Response> refused(const Call& call, const Event& event);

inline constexpr uint64_t kMaxPage = 1000;  ///< items of a page

/// The query of that name; empty: there is none.
std::string query(const Call& call, const char* name);
/// `limit` (default 100, 1 to kMaxPage) and other whole-number queries; false sets `fault`.
bool read_query_number(const Call& call, const char* name, uint64_t low, uint64_t high,
                       uint64_t& value, std::optional<Response>& fault);
Response not_found(const std::string& what, const std::string& name, const std::string& remedy);
/// The version that the path's `model` and `version` name; null sets `fault`.
const ModelVersion* asked_version(const Call& call, std::optional<Response>& fault);
/// A variant that the rollout would deliver does not fit its class.
std::optional<Refusal> refuse_misfits(const ControlPlane& plane, const StartRollout& command);
/// Who has approved a release.
Json approvals_json(const ControlPlane& plane, const Digest& release);

/// {NAME:[...],"next":cursor or null}
Json list_body(const char* name, Json items, const std::optional<std::string>& next = std::nullopt);

/// Text of openapi.json, compiled in.
std::string_view openapi_text();

}  // namespace flotilla::controller::api
