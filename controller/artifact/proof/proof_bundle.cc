#include "controller/artifact/proof/proof_bundle.h"

#include "controller/artifact/proof/sections.h"

namespace flotilla::controller::proof {
namespace {

void add_proven(std::string& out, const ProvenEntry& entry) {
  std::string body(1, static_cast<char>(entry.path.size() / Digest::kSize));
  body += entry.path;
  body += entry.bytes;
  add_section(out, Section::kProvenEntry, as_bytes(body));
}

}  // namespace

std::string write_bundle(const BundleParts& parts) {
  std::string out(kBundleMagic);
  add_section(out, Section::kKeyset, as_bytes(parts.keyset));
  add_section(out, Section::kCheckpoint, as_bytes(parts.checkpoint));
  for (const ProvenEntry& entry : parts.keysets) add_proven(out, entry);
  add_section(out, Section::kRelease, as_bytes(parts.release));
  if (!parts.document.empty()) add_section(out, Section::kDocument, as_bytes(parts.document));
  for (const std::string& approval : parts.approvals)
    add_section(out, Section::kApproval, as_bytes(approval));
  add_proven(out, parts.enrolment);
  if (parts.new_key) add_proven(out, *parts.new_key);
  add_proven(out, parts.version);
  for (const ProvenEntry& entry : parts.consents) add_proven(out, entry);
  add_proven(out, parts.rollout);
  add_proven(out, parts.outcome);
  if (parts.next) add_proven(out, *parts.next);
  return out;
}

bool is_bundle(Bytes file) {
  return as_text(file).substr(0, kBundleMagic.size()) == kBundleMagic;
}

}  // namespace flotilla::controller::proof
