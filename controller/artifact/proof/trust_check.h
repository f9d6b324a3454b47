#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controller/artifact/aligned.h"
#include "controller/artifact/fleet_keys.h"
#include "controller/ports/signer.h"
#include "schemas/protocol/hasher.h"
#include "schemas/protocol/messages.h"

/// Who signed what, checked with nothing but the root's public key.
namespace flotilla::controller::proof {

/// What the verifier already trusts. Without keys the keyset of the file vouches for itself, which
/// proves that its parts belong together and nothing more.
struct Anchor {
  std::vector<PublicKey> roots;
  uint8_t threshold = 1;
};

struct Tools {
  Hasher& hasher;
  const SignatureVerifier& verifier;
};

/// Signed bytes at an address that the decoders accept, with the values that borrow from them.
class Opened {
 public:
  /// kInvalidArgument unless `bytes` are exactly what the encoder makes of their content, so that
  /// no byte of an envelope is without meaning.
  Status open(Bytes bytes);

  Bytes bytes() const { return copy_.view(); }
  const Envelope& envelope() const { return envelope_; }

 private:
  AlignedCopy copy_{Bytes()};
  Envelope envelope_;
};

/// By how many of the given roots a keyset is vouched for.
struct Vouched {
  uint32_t epoch = 0;  ///< of the keyset
  size_t signed_by = 0;
  size_t given = 0;
  uint8_t asked = 0;  ///< roots that the keyset itself wants
};

/// Keysets in the order in which they were in force.
class KeyChain {
 public:
  /// `envelopes`: oldest first, the last one is in force. Each is signed by enough of its own
  /// roots, and may replace the one before as devices would judge it; one of them is signed by the
  /// anchor, which vouches for it and its successors. Every signature must hold. Of those before,
  /// and so of whom they name, the log must tell.
  Status open(const Tools& tools, const Anchor& anchor, const std::vector<Bytes>& envelopes);

  size_t size() const { return keysets_.size(); }
  const Keyset& at(size_t index) const { return keysets_[index]->keyset(); }
  const Keyset& newest() const { return keysets_.back()->keyset(); }
  /// Of the keyset that most of the anchor's roots have signed.
  const Vouched& vouched() const { return vouched_; }

 private:
  Status add(const Tools& tools, const Anchor& anchor, Bytes bytes);

  std::vector<std::shared_ptr<const FleetKeys>> keysets_;
  bool anchored_ = false;
  Vouched vouched_;
};

/// Every signature of the envelope is by a key of `keyset` with this role, and holds. `signer`: the
/// first of them.
Status check_signed(const Tools& tools, const Keyset& keyset, KeyRole role, SignedKind kind,
                    const Opened& opened, KeyId& signer);

/// The one signature is by this very key.
Status check_signed_by(const Tools& tools, const PublicKey& key, SignedKind kind,
                       const Opened& opened);

}  // namespace flotilla::controller::proof
