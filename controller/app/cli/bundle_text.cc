#include "controller/app/cli/bundle_text.h"

#include "controller/api/views.h"
#include "controller/app/cli/table.h"
#include "controller/domain/names.h"

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

/// What the document says of the data that the model was made from.
void print_lineage(const std::string& document) {
  if (document.empty()) return fact_line("made from", "its version has no document");
  const auto parsed = api::Json::parse(document, nullptr, false);
  const bool has_lineage = parsed.is_object() && parsed.contains("lineage");
  if (!has_lineage) return fact_line("made from", "its document names no lineage");
  fact_line("made from", api::to_text(parsed["lineage"]));
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
          {"from", api::time_json(facts.outcome.time)},
          {"until", facts.next ? api::time_json(facts.next->time) : api::Json()},
          {"release_key", to_hex(facts.releaser).view()},
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
  fact_line("enrolled", time_of(facts.enrolment) + " by " + facts.enrolment.actor + ", class " +
                            std::string(release.hardware_class.view()));
  fact_line("released", time_of(facts.version) + " by " + facts.version.actor +
                            ", with release key " + std::string(to_hex(facts.releaser).view()));
  fact_line("ordered",
            time_of(facts.rollout) + " by " + facts.rollout.actor + ", " + facts.rollout.object);
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
