#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/artifact/proof/trust_check.h"
#include "controller/artifact/proof/verify_log.h"
#include "controller/domain/records.h"

/// What ran on one device, from when on, and by whose word: one file that is checked with nothing
/// but the root's public key.
namespace flotilla::controller::proof {

/// An entry of the audit log with its path to the checkpoint.
struct ProvenEntry {
  std::string path;   ///< nodes of 32 bytes
  std::string bytes;  ///< canonical
};

struct BundleParts {
  std::string keyset;                  ///< envelope of the one in force
  std::vector<ProvenEntry> keysets;    ///< each that was in force, that one too, oldest first
  std::string checkpoint;              ///< envelope
  std::string release;                 ///< envelope of what ran
  std::string document;                ///< of its version; empty: it has none
  std::vector<std::string> approvals;  ///< envelopes of those that are signed
  ProvenEntry enrolment;               ///< binds the device's key and class
  std::optional<ProvenEntry> new_key;  ///< the key was changed since
  ProvenEntry version;                 ///< who registered the version
  std::vector<ProvenEntry> consents;   ///< who signed it later, approved and released it
  ProvenEntry rollout;                 ///< who ordered it, or revoked what it went back from
  ProvenEntry outcome;                 ///< the device's own word, signed
  std::optional<ProvenEntry> next;     ///< its next word about the model: it ran until then
};

std::string write_bundle(const BundleParts& parts);
bool is_bundle(Bytes file);

/// An approval, and whose key signed it.
struct SignedApproval {
  Approval value;
  KeyId key = 0;
};

/// What a bundle that holds says.
struct BundleFacts {
  CheckedHead head;
  ReleaseManifest release;
  Digest release_digest;
  KeyId releaser = 0;
  KeyId device_key = 0;
  Attestation attestation;
  std::string document;
  uint32_t release_epoch = 0;  ///< of the newest keyset that accepts release and approvals
  uint8_t approvals_needed = 0;
  std::vector<SignedApproval> approvals;
  std::vector<AuditEntry> consents;  ///< approvals that are not signed
  AuditEntry enrolment, version, rollout, outcome;
  std::optional<AuditEntry> signature;  ///< the release was signed after its version was registered
  std::optional<AuditEntry> released;   ///< past the policy
  std::optional<AuditEntry> next;
  /// Of the first keyset that no longer accepts the release, which the log had before it.
  std::optional<AuditEntry> retired;
};

/// Nothing: the bundle holds, and `out` is what it says. Otherwise what was wrong, in words.
std::optional<std::string> verify_bundle(const Tools& tools, const Anchor& anchor, Bytes file,
                                         BundleFacts& out);

}  // namespace flotilla::controller::proof
