#include "controller/app/cli/bundle_text.h"

#include "controller/api/views.h"
#include "controller/app/cli/table.h"
#include "controller/domain/names.h"
#include "controller/domain/text.h"

namespace flotilla::controller::app {

namespace {

api::Json entry_json(const AuditEntry& entry) {
  api::Json out = api::audit_json(entry);
  if (!entry.evidence.empty()) out["evidence_bytes"] = entry.evidence.size();
  return out;
}

std::string time_of(const AuditEntry& entry) {
  return instant({{"time", api::time_json(entry.time)}}, "time");
}

void fact_line(const char* name, const std::string& text) {
  std::printf("  %-14s %s\n", name, text.c_str());
}

std::string member(const api::Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? "" : api::to_text(*found);
}

void print_dataset(const api::Json& dataset) {
  std::string text = member(dataset, "name");
  if (dataset.contains("split")) text += ", " + member(dataset, "split");
  text += dataset.contains("digest") ? ", " + member(dataset, "digest") : ", no digest is stated";
  fact_line("data", text);
}

/// What the document says of code and data that the model was made from.
void print_lineage(const std::string& document) {
  if (document.empty()) return fact_line("made from", "its version has no document");
  const auto parsed = api::Json::parse(document, nullptr, false);
  if (!parsed.is_object()) return fact_line("made from", "its document is no JSON object");
  const bool has_lineage = parsed.contains("lineage");
  if (has_lineage) fact_line("made from", api::to_text(parsed["lineage"]));
  const auto training = parsed.find("training");
  if (training == parsed.end() || !training->is_object()) {
    if (!has_lineage) fact_line("made from", "its document names no training");
    return;
  }
  if (training->contains("run")) fact_line("made from", "run " + member(*training, "run"));
  const std::string repository = member(*training, "repository");
  if (training->contains("commit")) {
    fact_line("code", "commit " + member(*training, "commit") +
                          (repository.empty() ? "" : " of " + repository));
  }
  const auto datasets = training->find("datasets");
  if (datasets == training->end() || !datasets->is_array()) return;
  for (const api::Json& dataset : *datasets) {
    if (dataset.is_object()) print_dataset(dataset);
  }
}

/// Who is in an entry's detail: "class cam, by bob, not signed".
std::string person_of(const AuditEntry& entry) {
  const size_t at = entry.detail.find(", by ") + 5;
  return entry.detail.substr(at, entry.detail.rfind(", not signed") - at);
}

void print_approvals(const proof::BundleFacts& facts) {
  for (const proof::SignedApproval& approval : facts.approvals) {
    fact_line("approved", instant({{"time", api::time_json(approval.value.issued)}}, "time") +
                              " by " + std::string(approval.value.approver.view()) +
                              ", signed with key " + std::string(to_hex(approval.key).view()));
  }
  for (const AuditEntry& entry : facts.consents) {
    fact_line("approved", time_of(entry) + " by " + person_of(entry) + ", not signed, entry " +
                              std::to_string(entry.number));
  }
  const size_t count = facts.approvals.size();
  if (count == 0 && facts.consents.empty()) fact_line("approved", "by nobody");
  fact_line("asked for",
            std::to_string(facts.approvals_needed) + " signed approvals by keyset epoch " +
                std::to_string(facts.release_epoch) + "; there are " + std::to_string(count));
  if (facts.released)
    fact_line("released", time_of(*facts.released) + " by " + facts.released->actor);
}

/// A key that is gone may have been stolen: then it matters that this release is older.
void print_retired(const proof::BundleFacts& facts) {
  if (!facts.retired) return;
  const AuditEntry& known = facts.signature ? *facts.signature : facts.version;
  fact_line("since then", facts.retired->object + " (entry " +
                              std::to_string(facts.retired->number) + ", " +
                              time_of(*facts.retired) +
                              ") no longer accepts these signatures, as when a key was stolen;");
  fact_line("", "the log had this release before that, as entry " + std::to_string(known.number));
}

api::Json approvals_json(const proof::BundleFacts& facts) {
  api::Json out = api::Json::array();
  for (const proof::SignedApproval& approval : facts.approvals) {
    out.push_back({{"approver", approval.value.approver.view()},
                   {"key", to_hex(approval.key).view()},
                   {"time", api::time_json(approval.value.issued)},
                   {"signed", true}});
  }
  for (const AuditEntry& entry : facts.consents) {
    out.push_back({{"approver", person_of(entry)},
                   {"entry", entry.number},
                   {"time", api::time_json(entry.time)},
                   {"signed", false}});
  }
  return out;
}

api::Json optional_entry(const std::optional<AuditEntry>& entry) {
  return entry ? entry_json(*entry) : api::Json();
}

}  // namespace

api::Json bundle_json(const proof::BundleFacts& facts) {
  const ReleaseManifest& release = facts.release;
  const auto document = api::Json::parse(facts.document, nullptr, false);
  return {{"device", facts.attestation.device.view()},
          {"model", release.model.view()},
          {"version", release.version},
          {"label", release.label.view()},
          {"hardware_class", release.hardware_class.view()},
          {"image", to_hex(release.image_digest).view()},
          {"image_size", release.image_size},
          {"outcome", state_name(facts.attestation.outcome)},
          {"golden", api::digest_json(facts.attestation.golden_digest)},
          {"engine", api::digest_json(facts.attestation.engine_digest)},
          {"from", api::time_json(facts.outcome.time)},
          {"until", facts.next ? api::time_json(facts.next->time) : api::Json()},
          {"release_key", to_hex(facts.releaser).view()},
          {"release_epoch", facts.release_epoch},
          {"approvals", approvals_json(facts)},
          {"approvals_needed", facts.approvals_needed},
          {"release_signed", optional_entry(facts.signature)},
          {"released", optional_entry(facts.released)},
          {"no_longer_accepted", optional_entry(facts.retired)},
          {"device_key", to_hex(facts.device_key).view()},
          {"director_key", to_hex(facts.head.director).view()},
          {"enrolment", entry_json(facts.enrolment)},
          {"registration", entry_json(facts.version)},
          {"order", entry_json(facts.rollout)},
          {"attestation", entry_json(facts.outcome)},
          {"document", document.is_discarded() ? api::Json() : document},
          {"log",
           {{"origin", facts.head.checkpoint.origin.view()},
            {"size", facts.head.checkpoint.head.size},
            {"root", to_hex(facts.head.checkpoint.head.root).view()}}}};
}

void print_bundle(const proof::BundleFacts& facts) {
  const ReleaseManifest& release = facts.release;
  const std::string device(facts.attestation.device.view()), model(release.model.view());
  std::printf("%s ran %s version %u%s%s\n", device.c_str(), model.c_str(), release.version,
              release.label.empty() ? "" : ", label ", std::string(release.label.view()).c_str());
  fact_line("from", time_of(facts.outcome));
  fact_line("until",
            facts.next ? time_of(*facts.next) : "its next attestation; none is in this bundle");
  fact_line("bytes", std::string(to_hex(release.image_digest).view()) + ", " +
                         std::to_string(release.image_size) + " bytes");
  fact_line("attested", std::string(state_name(facts.attestation.outcome)) +
                            ", by the device's key " +
                            std::string(to_hex(facts.device_key).view()));
  if (!facts.attestation.golden_digest.is_none())
    fact_line("passed", cat("golden vectors ", to_hex(facts.attestation.golden_digest).view()));
  if (!facts.attestation.engine_digest.is_none())
    fact_line("engine",
              cat(to_hex(facts.attestation.engine_digest).view(), ", built by the device"));
  fact_line("enrolled", time_of(facts.enrolment) + " by " + facts.enrolment.actor + ", class " +
                            std::string(release.hardware_class.view()));
  fact_line("registered", time_of(facts.version) + " by " + facts.version.actor);
  const AuditEntry& signature = facts.signature ? *facts.signature : facts.version;
  fact_line("signed", time_of(signature) + " by " + signature.actor + ", with release key " +
                          std::string(to_hex(facts.releaser).view()));
  print_retired(facts);
  print_approvals(facts);
  const bool is_way_back = facts.attestation.rollout == 0;
  fact_line(is_way_back ? "went back" : "ordered",
            time_of(facts.rollout) + " by " + facts.rollout.actor + ", " +
                (is_way_back ? "who revoked " : "") + facts.rollout.object);
  print_lineage(facts.document);
  fact_line("proven by", "entries " + std::to_string(facts.enrolment.number) + ", " +
                             std::to_string(facts.version.number) + ", " +
                             std::to_string(facts.rollout.number) + " and " +
                             std::to_string(facts.outcome.number) + " of a log of " +
                             std::to_string(facts.head.checkpoint.head.size));
  fact_line("log", std::string(facts.head.checkpoint.origin.view()) + ", root " +
                       std::string(to_hex(facts.head.checkpoint.head.root).view()));
  fact_line("signed by", "director key " + std::string(to_hex(facts.head.director).view()) +
                             " of keyset epoch " + std::to_string(facts.head.keyset_epoch));
}

}  // namespace flotilla::controller::app
