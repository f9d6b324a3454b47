#pragma once

#include <string>
#include <utility>
#include <vector>

#include "controller/api/json.h"
#include "controller/artifact/fleet_keys.h"

namespace flotilla::controller::app {

/// A keyset under way between machines: what it will say, whose place it takes, and the signatures
/// that it has so far. Kept as JSON, so that everybody who signs can read it.
struct KeysetProposal {
  struct Key {
    PublicKey public_key{};
    uint8_t roles = 0;
    std::string scopes;
  };
  struct Rule {
    std::string scope;
    uint8_t count = 0;
  };

  uint32_t epoch = 1;
  WallTime issued;
  uint8_t root_threshold = 1;
  std::vector<Key> keys;
  std::vector<Rule> rules;
  std::vector<std::pair<KeyId, SignatureBytes>> signatures;
  std::string current;  ///< signed keyset in force, whose roots must sign; empty: it is the first
};

/// The next keyset, as yet the same but for its epoch, of a signed one.
KeysetProposal successor_of(const FleetKeys& keys, WallTime now);
/// A file with a proposal, or with a signed keyset (then its successor). The reason says what is
/// wrong.
Result<KeysetProposal> load_proposal(const std::string& path, WallTime now);
Status save_proposal(const std::string& path, const KeysetProposal& proposal);

/// Too many keys or rules: kOutOfRange. The keyset borrows from the proposal.
Result<Keyset> keyset_of(const KeysetProposal& proposal);
/// Why devices would refuse what it says, whoever signs it.
Status check_proposal(const KeysetProposal& proposal);
/// The signed keyset, with the signatures there are; kUnauthenticated without one.
Result<std::string> envelope_of(const KeysetProposal& proposal);
/// What a device that has the keyset in force would say of it.
Result<KeysetSignatures> signatures_of(const KeysetProposal& proposal);

/// Adds the signature of a root key. kAlreadyExists: it has signed; kPermissionDenied: it is no
/// root of either keyset; kOutOfRange: an envelope carries no more.
Status sign_proposal(KeysetProposal& proposal, Signer& root);

api::Json proposal_json(const KeysetProposal& proposal);

}  // namespace flotilla::controller::app
