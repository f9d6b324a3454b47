#include "controller/artifact/fleet_keys.h"

#include "schemas/protocol/scope.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller {
namespace {

/// Keyset and envelopes of a receiver that has this one model.
TrustedKeys trusted_for(const Keyset& keyset, const Name& model, const Name& hardware_class) {
  ModelNames models;
  static_cast<void>(models.push_back(model));  // the first always fits
  return trusted_keys(keyset, models, hardware_class);
}

constexpr ModelBits kTheModel = 1;

}  // namespace

Result<std::shared_ptr<const FleetKeys>> FleetKeys::open(std::string_view envelope) {
  const auto keys = std::make_shared<FleetKeys>(as_bytes(envelope));
  const auto decoded = wire::decode_keyset(keys->bytes_.view());
  if (!decoded.ok()) return decoded.status();
  keys->signed_ = decoded.value();
  return std::shared_ptr<const FleetKeys>(keys);
}

KeysetSignatures check_keyset(Verifier& verifier, const Keyset* current,
                              const Signed<Keyset>& next) {
  KeysetSignatures out;
  const TrustedKeys own = trusted_keys(next.value, {}, {});
  out.have_own = count_roots(verifier, own, next.envelope);
  out.need_own = own.root_threshold;
  if (current == nullptr) {
    out.reason = check_self(verifier, own, next.envelope);
    return out;
  }
  const TrustedKeys old = trusted_keys(*current, {}, {});
  out.have_old = count_roots(verifier, old, next.envelope);
  out.need_old = old.root_threshold;
  out.reason = check_successor(verifier, old, own, next.envelope);
  if (next.value.epoch <= current->epoch) out.reason = Reason::kReplayed;
  return out;
}

ReleaseVerdict judge_release(Verifier& verifier, const Keyset& keyset,
                             const Signed<ReleaseManifest>& release,
                             const std::vector<std::string>& approvals) {
  const TrustedKeys trusted =
      trusted_for(keyset, release.value.model, release.value.hardware_class);
  const Digest digest =
      signing_digest(verifier, SignedKind::kRelease, release.envelope.signed_bytes);
  ReleaseVerdict out;
  out.needed = trusted.approvals[0];
  std::vector<AlignedCopy> copies;
  copies.reserve(approvals.size());
  Approvals offered;
  for (const std::string& envelope : approvals) {
    copies.emplace_back(as_bytes(envelope));
    const auto decoded = wire::decode_approval(copies.back().view());
    if (!decoded.ok()) continue;
    const Envelope& carrier = decoded.value().envelope;
    if (!offered.push_back({copies.back().view(), decoded.value().value.release_digest,
                            carrier.signed_bytes, carrier.signatures[0]})) {
      break;
    }
  }
  out.approvals = count_approvals(verifier, trusted, offered, digest, kTheModel);
  out.reason =
      check_signature(verifier, trusted, release.envelope, kRoleRelease, digest, kTheModel);
  if (out.reason == Reason::kNone && out.approvals < out.needed) {
    out.reason = Reason::kNotApproved;
  }
  return out;
}

std::vector<std::string> who_may(Hasher& hasher, const Keyset& keyset, KeyRole role,
                                 std::string_view model, std::string_view hardware_class) {
  std::vector<std::string> out;
  for (const KeysetKey& key : keyset.keys) {
    if ((key.roles & role) == 0 || !scopes_cover(key.scopes, model, hardware_class)) continue;
    out.emplace_back(to_hex(key_id(hasher, key.public_key)).view());
  }
  return out;
}

}  // namespace flotilla::controller
