#include "schemas/protocol/trusted_keys.h"

#include "schemas/protocol/scope.h"
#include "schemas/protocol/trust.h"

namespace flotilla {
namespace {

constexpr size_t kNoKey = kMaxKeys;

/// Index of the first key with this id and role. Ids are computed rather than kept: hashing 16 keys
/// costs far less than one signature.
size_t find_key(Verifier& verifier, const TrustedKeys& trusted, KeyId id, KeyRole role) {
  for (size_t i = 0; i < trusted.keys.size(); ++i) {
    const TrustedKey& key = trusted.keys[i];
    if ((key.roles & role) != 0 && key_id(verifier, key.public_key) == id) return i;
  }
  return kNoKey;
}

bool verifies(Verifier& verifier, const TrustedKey& key, const SignatureView& signature,
              const Digest& digest) {
  return signature.algorithm == SignatureAlgorithm::kEcdsaP256Sha256 &&
         verifier.verify(key.public_key, digest, signature.bytes);
}

/// Keys, by their place in the keyset: a key counts once, however often it has signed.
class KeysSeen {
 public:
  bool has(size_t at) const { return (seen_ >> at & 1) != 0; }
  void add(size_t at) {
    seen_ |= uint32_t{1} << at;
    ++count_;
  }
  uint8_t count() const { return count_; }

 private:
  uint32_t seen_ = 0;
  uint8_t count_ = 0;
};

bool contains_root(const TrustedKeys& trusted, const TrustedKey& wanted) {
  for (const TrustedKey& key : trusted.keys) {
    if ((key.roles & kRoleRoot) != 0 && key.public_key == wanted.public_key) return true;
  }
  return false;
}

bool roots_within(const TrustedKeys& some, const TrustedKeys& others) {
  for (const TrustedKey& key : some.keys) {
    if ((key.roles & kRoleRoot) != 0 && !contains_root(others, key)) return false;
  }
  return true;
}

bool same_roots(const TrustedKeys& a, const TrustedKeys& b) {
  return a.root_threshold == b.root_threshold && roots_within(a, b) && roots_within(b, a);
}

ModelBits bits_of(std::string_view scopes, const ModelNames& models, const Name& hardware_class) {
  ModelBits bits = 0;
  for (size_t i = 0; i < models.size(); ++i) {
    const bool covered = scopes_cover(scopes, models[i].view(), hardware_class.view());
    if (covered) bits = static_cast<ModelBits>(bits | 1 << i);
  }
  return bits;
}

}  // namespace

TrustedKeys trusted_keys(const Keyset& keyset, const ModelNames& models,
                         const Name& hardware_class) {
  TrustedKeys out;
  out.issued = keyset.issued;
  out.epoch = keyset.epoch;
  out.root_threshold = keyset.root_threshold;
  for (const KeysetKey& key : keyset.keys) {
    TrustedKey* kept = out.keys.append();  // as many as there are
    kept->public_key = key.public_key;
    kept->roles = key.roles & kKnownRoles;
    kept->models = bits_of(key.scopes, models, hardware_class) & kAllModels;
  }
  for (const ApprovalRule& rule : keyset.approval_rules) {
    const ModelBits bits = bits_of(rule.scope, models, hardware_class);
    for (size_t i = 0; i < models.size(); ++i) {
      uint8_t& needed = out.approvals[i];
      if ((bits >> i & 1) != 0 && rule.count > needed) needed = rule.count;
    }
  }
  return out;
}

Reason check_signature(Verifier& verifier, const TrustedKeys& trusted, const Envelope& envelope,
                       KeyRole role, const Digest& digest, ModelBits models) {
  Reason reason = Reason::kUnknownKey;
  for (const SignatureView& signature : envelope.signatures) {
    const size_t at = find_key(verifier, trusted, signature.key_id, role);
    if (at == kNoKey) continue;
    if (!verifies(verifier, trusted.keys[at], signature, digest)) {
      if (reason == Reason::kUnknownKey) reason = Reason::kBadSignature;
      continue;
    }
    if ((trusted.keys[at].models & models) == models) return Reason::kNone;
    reason = Reason::kNotDelegated;
  }
  return reason;
}

uint8_t count_approvals(Verifier& verifier, const TrustedKeys& trusted, const Approvals& approvals,
                        const Digest& release, ModelBits models) {
  KeysSeen seen;
  for (const OfferedApproval& approval : approvals) {
    if (approval.release_digest != release) continue;
    const size_t at = find_key(verifier, trusted, approval.signature.key_id, kRoleApprover);
    if (at == kNoKey || seen.has(at) || (trusted.keys[at].models & models) != models) continue;
    const Digest digest = signing_digest(verifier, SignedKind::kApproval, approval.signed_bytes);
    if (verifies(verifier, trusted.keys[at], approval.signature, digest)) seen.add(at);
  }
  return seen.count();
}

uint8_t count_roots(Verifier& verifier, const TrustedKeys& trusted, const Envelope& envelope) {
  if (envelope.kind != SignedKind::kKeyset) return 0;
  const Digest digest = signing_digest(verifier, SignedKind::kKeyset, envelope.signed_bytes);
  KeysSeen seen;
  for (const SignatureView& signature : envelope.signatures) {
    const size_t at = find_key(verifier, trusted, signature.key_id, kRoleRoot);
    if (at == kNoKey || seen.has(at)) continue;
    if (verifies(verifier, trusted.keys[at], signature, digest)) seen.add(at);
  }
  return seen.count();
}

Reason check_self(Verifier& verifier, const TrustedKeys& next, const Envelope& envelope) {
  const bool enough =
      next.root_threshold != 0 && count_roots(verifier, next, envelope) >= next.root_threshold;
  return enough ? Reason::kNone : Reason::kBadSignature;
}

Reason check_successor(Verifier& verifier, const TrustedKeys& current, const TrustedKeys& next,
                       const Envelope& envelope) {
  const Reason reason = check_self(verifier, current, envelope);
  if (reason != Reason::kNone || same_roots(current, next)) return reason;
  return check_self(verifier, next, envelope);
}

}  // namespace flotilla
