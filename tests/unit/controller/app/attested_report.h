#pragma once

#include <array>
#include <string>

#include "controller/ports/signer.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"
#include "tests/support/controller_hasher.h"

namespace flotilla::testing {

/// A "signature" is the digest followed by the key's first bytes: anybody can check who made it.
class FakeVerifier final : public controller::SignatureVerifier {
 public:
  bool verify(const PublicKey& key, const Digest& digest, Bytes signature) const override {
    ++checks;
    const Bytes whole = signature;
    return whole.size() == 64 && equal(whole.first(32), digest.view()) &&
           equal(whole.subspan(32), Bytes(key).first(32));
  }
  mutable int checks = 0;
};

inline PublicKey fake_key(uint8_t byte) {
  PublicKey key;
  key.fill(byte);
  return key;
}

/// The signed envelope of an attestation, as a device would make it.
inline std::string signed_attestation(const Attestation& value, const PublicKey& key) {
  TestHasher hasher;
  alignas(8) std::array<uint8_t, 4096> arena;
  alignas(8) std::array<uint8_t, kMaxAttestation> body;
  std::array<uint8_t, kMaxAttestation> out;
  wire::Encoder encoder(arena);
  const auto size = encoder.attestation(value, body);
  if (!size.ok()) return "";
  Envelope envelope;
  envelope.kind = SignedKind::kAttestation;
  envelope.signed_bytes = Bytes(body).first(size.value());
  const Digest digest = signing_digest(hasher, SignedKind::kAttestation, envelope.signed_bytes);
  std::array<uint8_t, 64> signature;
  copy(digest.view(), MutableBytes(signature).first(32));
  copy(Bytes(key).first(32), MutableBytes(signature).subspan(32));
  if (!envelope.signatures.push_back({flotilla::key_id(hasher, key), {}, signature})) return "";
  envelope.signatures[0].algorithm = SignatureAlgorithm::kEcdsaP256Sha256;
  const auto whole = encoder.envelope(envelope, out);
  return whole.ok() ? std::string(as_text(Bytes(out).first(whole.value()))) : "";
}

}  // namespace flotilla::testing
