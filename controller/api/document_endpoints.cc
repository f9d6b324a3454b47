#include "controller/api/body_reader.h"
#include "controller/api/document/version_document.h"
#include "controller/api/endpoints.h"
#include "controller/api/rollout_request.h"
#include "controller/api/version_request.h"
#include "controller/api/views.h"
#include "controller/domain/bounds.h"

namespace flotilla::controller::api {

namespace {

/// The document of the version itself, as its first revision.
DocumentRevision registered(const ModelVersion& version) {
  DocumentRevision out;
  out.model = version.model;
  out.version = version.version;
  out.document = version.document;
  out.document_digest = version.document_digest;
  out.created = version.created;
  out.created_by = version.created_by;
  return out;
}

Json revision_json(const DocumentRevision& r) {
  return {{"revision", r.revision},
          {"document_digest", digest_json(r.document_digest)},
          {"previous_digest", digest_json(r.previous)},
          {"reason", r.reason},
          {"created", time_json(r.created)},
          {"created_by", r.created_by}};
}

Json document_json(const DocumentRevision& chosen, const ModelVersion& version,
                   const std::map<uint32_t, DocumentRevision>& later) {
  Json all = Json::array({revision_json(registered(version))});
  for (const auto& [number, revision] : later) all.push_back(revision_json(revision));
  Json out = revision_json(chosen);
  out["model"] = version.model;
  out["version"] = version.version;
  out["document"] = chosen.document;
  out["revisions"] = std::move(all);
  return out;
}

}  // namespace

Response get_document_schema(const Call&) {
  Response response;
  response.body = document_schema_text();
  return response;
}

Response get_document(const Call& call) {
  std::optional<Response> fault;
  const ModelVersion* version = asked_version(call, fault);
  if (fault) return *fault;
  const auto& later = call.plane.revisions(version->model, version->version);
  uint64_t wanted = later.size();
  if (!read_query_number(call, "revision", 0, later.size(), wanted, fault)) return *fault;
  const DocumentRevision chosen =
      wanted == 0 ? registered(*version) : later.at(static_cast<uint32_t>(wanted));
  return json_response(200, document_json(chosen, *version, later));
}

Response revise_document(const Call& call) {
  std::optional<Response> fault;
  const ModelVersion* version = asked_version(call, fault);
  if (fault) return *fault;
  Json body;
  if (auto wrong = read_body(call, body)) return *wrong;
  const auto& later = call.plane.revisions(version->model, version->version);
  const DocumentRevision newest = later.empty() ? registered(*version) : later.rbegin()->second;
  ReviseDocument command;
  DocumentRevision& next = command.revision;
  BodyReader reader(body);
  Json document;
  next.model = version->model;
  next.version = version->version;
  next.revision = newest.revision + 1;
  next.document = read_document_member(reader, document);
  next.reason = reader.text("reason", kMaxText);
  next.previous = reader.digest("previous", Need::kOptional);
  if (next.previous.is_none()) next.previous = newest.document_digest;
  if (reader.ok() && next.document.empty()) reader.fail("document", "missing", "given");
  if (const auto refusal = reader.finish()) return problem(*refusal);
  next.document_digest = call.around.hasher.sha256({as_bytes(next.document)});
  std::vector<Variant> variants = version->variants;
  if (auto answer = inspect_variants(call, variants)) return *answer;
  if (const auto refusal = take_facts(call, document, variants)) return problem(*refusal);
  if (auto wrong = refused(call, command)) return *wrong;
  const auto& all = call.plane.revisions(next.model, next.version);
  return json_response(201, document_json(all.at(next.revision), *version, all));
}

}  // namespace flotilla::controller::api
