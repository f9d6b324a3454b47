#include "controller/domain/bounds.h"
#include "controller/domain/lifecycle.h"
#include "controller/domain/model_registry.h"
#include "controller/domain/text.h"

namespace flotilla::controller::model_registry {
namespace {

const ModelVersion* find(const FleetState& state, const DocumentRevision& r) {
  const auto versions = state.models.find(r.model);
  if (versions == state.models.end()) return nullptr;
  const auto found = versions->second.find(r.version);
  return found == versions->second.end() ? nullptr : &found->second;
}

Refused check(const FleetState& state, const DocumentRevision& r) {
  const ModelVersion* version = find(state, r);
  if (version == nullptr) {
    return refusal(Code::kNotFound, cat("version ", r.version, " of ", r.model, " does not exist"),
                   "name a version that was registered");
  }
  if (r.document.empty() || r.document.size() > kMaxDocument || r.reason.size() > kMaxText) {
    return refusal(Code::kInvalidArgument,
                   cat("the document has ", r.document.size(), " bytes, not 1 to ", kMaxDocument,
                       ", or the reason has more than ", kMaxText),
                   "keep large reports elsewhere and link to them");
  }
  const auto known = state.revisions.find({r.model, r.version});
  const bool is_first = known == state.revisions.end() || known->second.empty();
  const uint32_t newest = is_first ? 0 : known->second.rbegin()->first;
  const Digest digest =
      is_first ? version->document_digest : known->second.rbegin()->second.document_digest;
  if (newest >= kMaxRevisions) {
    return refusal(Code::kResourceExhausted,
                   cat("the document was revised ", kMaxRevisions, " times already"),
                   "register a new version");
  }
  if (r.document_digest == digest) {
    return refusal(Code::kAlreadyExists, cat("revision ", newest, " is exactly this already"),
                   "there is nothing to revise");
  }
  if (r.revision == newest + 1 && r.previous == digest) return std::nullopt;
  return refusal(Code::kAborted,
                 cat("the document is at revision ", newest, ", ", to_hex(digest).view(),
                     ", not at the one that is to be replaced"),
                 "look at the newest revision and repeat the request");
}

}  // namespace

Refused revise_document(StepContext& step, const ReviseDocument& command) {
  const DocumentRevision& r = command.revision;
  if (Refused why = check(step.state, r)) return why;
  DocumentRevision& kept = step.state.revisions[{r.model, r.version}][r.revision] = r;
  kept.created = step.now;
  kept.created_by = step.identity;
  step.touch(kept);
  step.audit("document.revised", cat("model/", r.model, "/", r.version),
             cat("revision ", r.revision, " ", to_hex(r.document_digest).view(), " after ",
                 to_hex(r.previous).view(), r.reason.empty() ? "" : ": ", r.reason));
  lifecycle::revised(step, r.model, r.version);
  return std::nullopt;
}

}  // namespace flotilla::controller::model_registry
