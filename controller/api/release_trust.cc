#include "controller/api/release_trust.h"

#include <algorithm>

#include "controller/api/keyset_keeper.h"
#include "controller/api/problem.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller::api {

namespace {

std::string joined(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "" : ", ") + id;
  return out.empty() ? "none" : out;
}

std::string name_of(const ReleaseManifest& release) {
  return std::string(release.model.view()) + " " + std::to_string(release.version) + " for " +
         std::string(release.hardware_class.view());
}

std::string signers_of(const Envelope& envelope) {
  std::vector<std::string> ids;
  for (const SignatureView& signature : envelope.signatures) {
    ids.emplace_back(to_hex(signature.key_id).view());
  }
  return joined(ids);
}

std::string scopes_of(Hasher& hasher, const Keyset& keyset, const Envelope& envelope) {
  for (const KeysetKey& key : keyset.keys) {
    const KeyId id = key_id(hasher, key.public_key);
    for (const SignatureView& signature : envelope.signatures) {
      if (signature.key_id == id) return std::string(key.scopes);
    }
  }
  return "";
}

Refusal explain(const Call& call, const Keyset& keyset, const Signed<ReleaseManifest>& release,
                const ReleaseVerdict& verdict) {
  Hasher& hasher = call.around.hasher;
  const std::string what = name_of(release.value);
  const std::string epoch = std::to_string(keyset.epoch);
  const auto who = [&](KeyRole role) {
    return joined(who_may(hasher, keyset, role, release.value.model.view(),
                          release.value.hardware_class.view()));
  };
  const std::string signers = signers_of(release.envelope);
  if (verdict.reason == Reason::kNotApproved) {
    return {Code::kFailedPrecondition,
            what + " has " + std::to_string(verdict.approvals) + " of " +
                std::to_string(verdict.needed) + " approvals that keyset epoch " + epoch +
                " asks for",
            "flotilla model approve; approvers' keys: " + who(kRoleApprover)};
  }
  if (verdict.reason == Reason::kNotDelegated) {
    return {Code::kPermissionDenied,
            what + " is signed by key " + signers + ", which may sign for " +
                scopes_of(hasher, keyset, release.envelope) + " alone",
            "sign with one of: " + who(kRoleRelease) + "; or delegate: flotilla key delegate"};
  }
  return {Code::kPermissionDenied,
          what + " is signed by " + signers + ", which is no release key of keyset epoch " + epoch,
          "flotilla model sign with one of: " + who(kRoleRelease)};
}

bool is_same(const ReleaseManifest& a, const ReleaseManifest& b) {
  return a.model == b.model && a.version == b.version && a.label == b.label &&
         a.hardware_class == b.hardware_class && a.security_counter == b.security_counter &&
         a.image_digest == b.image_digest && a.image_size == b.image_size &&
         a.golden_digest == b.golden_digest && a.runtime == b.runtime &&
         a.document_digest == b.document_digest && a.checkpoint_size == b.checkpoint_size &&
         a.checkpoint_root == b.checkpoint_root;
}

}  // namespace

ReleaseManifest manifest_of(const ModelVersion& version, const Variant& variant) {
  ReleaseManifest manifest;
  manifest.model = Name(version.model);
  manifest.version = version.version;
  manifest.label = FixedString<kMaxVersionLabel>(version.label);
  manifest.hardware_class = Name(variant.hardware_class);
  manifest.security_counter = variant.security_counter;
  manifest.image_digest = variant.image_digest;
  manifest.image_size = variant.image_size;
  manifest.golden_digest = variant.golden_digest;
  manifest.runtime = FixedString<kMaxRuntimeRequirement>(variant.runtime);
  manifest.document_digest = version.document_digest;
  manifest.checkpoint_size = variant.checkpoint.size;
  manifest.checkpoint_root = variant.checkpoint.root;
  return manifest;
}

std::optional<Refusal> refuse_release(const Call& call, std::string_view envelope,
                                      bool with_approvals) {
  if (call.around.keysets == nullptr || call.around.verifier == nullptr) return std::nullopt;
  const auto keys = call.around.keysets->current();
  const AlignedCopy bytes(as_bytes(envelope));
  const auto release = wire::decode_release(bytes.view());
  if (!release.ok()) return refusal_of(release.status(), "sign the release again");
  HashingVerifier verifier(call.around.hasher, *call.around.verifier);
  const Digest digest = signing_digest(call.around.hasher, SignedKind::kRelease,
                                       release.value().envelope.signed_bytes);
  const ReleaseVerdict verdict =
      judge_release(verifier, keys->keyset(), release.value(), call.plane.shown_approvals(digest));
  const bool waits = verdict.reason == Reason::kNotApproved && !with_approvals;
  if (verdict.reason == Reason::kNone || waits) return std::nullopt;
  return explain(call, keys->keyset(), release.value(), verdict);
}

std::optional<Refusal> refuse_untrusted(const Call& call, const StartRollout& command) {
  const auto versions = call.plane.models().find(command.model);
  if (versions == call.plane.models().end()) return std::nullopt;
  const auto version = versions->second.find(command.version);
  if (version == versions->second.end()) return std::nullopt;
  const auto& wanted = command.hardware_classes;
  for (const Variant& variant : version->second.variants) {
    const bool is_meant = wanted.empty() || std::find(wanted.begin(), wanted.end(),
                                                      variant.hardware_class) != wanted.end();
    if (!is_meant || variant.release_envelope.empty()) continue;  // a draft is refused later
    if (auto refusal = refuse_release(call, variant.release_envelope, true)) return refusal;
  }
  return std::nullopt;
}

std::optional<Refusal> refuse_other_manifest(const ModelVersion& version, const Variant& variant,
                                             std::string_view envelope) {
  const AlignedCopy bytes(as_bytes(envelope));
  const auto release = wire::decode_release(bytes.view());
  if (!release.ok()) return refusal_of(release.status(), "sign what flotilla model sign shows");
  if (is_same(release.value().value, manifest_of(version, variant))) return std::nullopt;
  const ReleaseManifest& other = release.value().value;
  return Refusal{Code::kInvalidArgument,
                 "the signed manifest is of " + name_of(other) + ", image " +
                     std::string(to_hex(other.image_digest).view()) + "; registered is " +
                     version.model + " " + std::to_string(version.version) + " for " +
                     variant.hardware_class + ", image " +
                     std::string(to_hex(variant.image_digest).view()),
                 "sign what flotilla model sign shows"};
}

}  // namespace flotilla::controller::api
