#include "edge-client/core/trust_store.h"

#include "schemas/protocol/trust.h"

namespace flotilla::edge {
namespace {

constexpr size_t kNoKey = kMaxKeys;

/// Index of the first key with this id and role. Ids are computed rather than kept: hashing 16 keys
/// costs far less than one signature.
size_t find_key(Crypto& crypto, const Keyset& keyset, KeyId id, KeyRole role) {
  for (size_t i = 0; i < keyset.keys.size(); ++i) {
    const KeysetKey& key = keyset.keys[i];
    if ((key.roles & role) != 0 && key_id(crypto, key.public_key) == id) return i;
  }
  return kNoKey;
}

bool verifies(Crypto& crypto, const KeysetKey& key, const SignatureView& signature,
              const Digest& digest) {
  return signature.algorithm == SignatureAlgorithm::kEcdsaP256Sha256 &&
         crypto.verify(key.public_key, digest, signature.bytes);
}

/// Enough distinct root keys of `roots` have signed. A key counts once, however often it appears
/// among the signatures (by its first place in the keyset).
bool reaches_threshold(Crypto& crypto, const Keyset& roots, const Envelope& envelope) {
  const Digest digest = signing_digest(crypto, SignedKind::kKeyset, envelope.signed_bytes);
  uint32_t seen = 0;
  uint8_t count = 0;
  for (const SignatureView& signature : envelope.signatures) {
    const size_t at = find_key(crypto, roots, signature.key_id, kRoleRoot);
    if (at == kNoKey || (seen >> at & 1) != 0) continue;
    if (!verifies(crypto, roots.keys[at], signature, digest)) continue;
    seen |= uint32_t{1} << at;
    ++count;
  }
  return roots.root_threshold != 0 && count >= roots.root_threshold;
}

bool contains_root(const Keyset& keyset, const KeysetKey& wanted) {
  for (const KeysetKey& key : keyset.keys) {
    if ((key.roles & kRoleRoot) != 0 && key.public_key == wanted.public_key) return true;
  }
  return false;
}

bool roots_within(const Keyset& some, const Keyset& others) {
  for (const KeysetKey& key : some.keys) {
    if ((key.roles & kRoleRoot) != 0 && !contains_root(others, key)) return false;
  }
  return true;
}

bool same_roots(const Keyset& a, const Keyset& b) {
  return a.root_threshold == b.root_threshold && roots_within(a, b) && roots_within(b, a);
}

}  // namespace

void TrustStore::adopt(const Keyset& keyset) {
  keyset_ = keyset;
  now_ = keyset.issued;
}

void TrustStore::observe(WallTime issued) {
  if (issued > now_) now_ = issued;
}

Reason TrustStore::check(Crypto& crypto, const Envelope& envelope, KeyRole role,
                         const Digest& digest) const {
  Reason reason = Reason::kUnknownKey;
  for (const SignatureView& signature : envelope.signatures) {
    const size_t at = find_key(crypto, keyset_, signature.key_id, role);
    if (at == kNoKey) continue;
    if (verifies(crypto, keyset_.keys[at], signature, digest)) return Reason::kNone;
    reason = Reason::kBadSignature;
  }
  return reason;
}

Reason TrustStore::check_successor(Crypto& crypto, const Signed<Keyset>& next) const {
  if (next.value.epoch <= keyset_.epoch) return Reason::kReplayed;
  if (next.envelope.kind != SignedKind::kKeyset) return Reason::kBadSignature;
  if (!reaches_threshold(crypto, keyset_, next.envelope)) return Reason::kBadSignature;
  return same_roots(keyset_, next.value) ? Reason::kNone : check_self(crypto, next);
}

Reason TrustStore::check_self(Crypto& crypto, const Signed<Keyset>& keyset) {
  const bool whole = keyset.envelope.kind == SignedKind::kKeyset &&
                     reaches_threshold(crypto, keyset.value, keyset.envelope);
  return whole ? Reason::kNone : Reason::kBadSignature;
}

}  // namespace flotilla::edge
