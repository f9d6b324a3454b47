#include "controller/artifact/proof/trust_check.h"

#include <algorithm>
#include <optional>

#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller::proof {
namespace {

Status forged(const char* reason) {
  return {Code::kUnauthenticated, reason};
}

std::optional<PublicKey> find_key(Hasher& hasher, const std::vector<PublicKey>& keys, KeyId id) {
  for (const PublicKey& key : keys) {
    if (key_id(hasher, key) == id) return key;
  }
  return std::nullopt;
}

std::vector<PublicKey> keys_with(const Keyset& keyset, KeyRole role) {
  std::vector<PublicKey> out;
  for (const KeysetKey& key : keyset.keys) {
    if ((key.roles & role) != 0) out.push_back(key.public_key);
  }
  return out;
}

void append(std::vector<PublicKey>& to, const std::vector<PublicKey>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

size_t common(const std::vector<PublicKey>& some, const std::vector<PublicKey>& others) {
  return static_cast<size_t>(std::count_if(some.begin(), some.end(), [&](const PublicKey& key) {
    return std::find(others.begin(), others.end(), key) != others.end();
  }));
}

/// How many of `keys` signed. A signature of a key outside `known`, or one that does not hold,
/// spoils all.
Status count_signers(const Tools& tools, const Opened& opened, SignedKind kind,
                     const std::vector<PublicKey>& known, std::vector<PublicKey>& signers) {
  const Envelope& envelope = opened.envelope();
  if (envelope.kind != kind) return forged("signed bytes are of another kind");
  const Digest digest = signing_digest(tools.hasher, kind, envelope.signed_bytes);
  for (const SignatureView& signature : envelope.signatures) {
    const auto key = find_key(tools.hasher, known, signature.key_id);
    if (!key) return forged("a signature is by a key that may not sign this");
    if (!tools.verifier.verify(*key, digest, signature.bytes))
      return forged("a signature does not hold");
    if (common(signers, {*key}) != 0) return forged("a key has signed twice");
    signers.push_back(*key);
  }
  return ok_status();
}

}  // namespace

Status Opened::open(Bytes bytes) {
  copy_ = AlignedCopy(bytes);
  const Result<Envelope> decoded = wire::decode_envelope(this->bytes());
  FLOTILLA_TRY(decoded.status());
  envelope_ = decoded.value();
  std::vector<uint64_t> arena(wire::kControllerArena / sizeof(uint64_t));
  std::vector<uint8_t> again(kMaxEnvelope);
  wire::Encoder encoder({reinterpret_cast<uint8_t*>(arena.data()), wire::kControllerArena});
  const Result<size_t> size = encoder.envelope(envelope_, again);
  FLOTILLA_TRY(size.status());
  if (equal(Bytes(again).first(size.value()), bytes)) return ok_status();
  return {Code::kInvalidArgument, "an envelope is not in its one form"};
}

Status KeyChain::open(const Tools& tools, const Anchor& anchor,
                      const std::vector<Bytes>& envelopes) {
  keysets_.clear();
  vouched_ = {};
  anchored_ = anchor.roots.empty();
  for (const Bytes bytes : envelopes) FLOTILLA_TRY(add(tools, anchor, bytes));
  if (keysets_.empty()) return forged("there is none");
  if (anchored_) return ok_status();
  return forged(anchor.threshold > 1
                    ? "the keyset is signed by fewer of the root keys than are asked for"
                    : "the keyset is not signed by the root key");
}

Status KeyChain::add(const Tools& tools, const Anchor& anchor, Bytes bytes) {
  Opened opened;
  FLOTILLA_TRY(opened.open(bytes));
  const auto keys = FleetKeys::open(as_text(bytes));
  FLOTILLA_TRY(keys.status());
  const Keyset& next = keys.value()->keyset();
  const Keyset* before = keysets_.empty() ? nullptr : &newest();
  std::vector<PublicKey> known = keys_with(next, kRoleRoot);
  append(known, anchor.roots);
  if (before != nullptr) append(known, keys_with(*before, kRoleRoot));
  std::vector<PublicKey> signers;
  FLOTILLA_TRY(count_signers(tools, opened, SignedKind::kKeyset, known, signers));
  HashingVerifier verifier(tools.hasher, tools.verifier);
  const Reason reason = check_keyset(verifier, before, keys.value()->signed_keyset()).reason;
  if (reason == Reason::kReplayed) return forged("a keyset has the epoch of an earlier one");
  if (reason != Reason::kNone && before != nullptr)
    return forged("a keyset is not signed by enough roots of the one before, or of its own");
  if (reason != Reason::kNone) return forged("the keyset is not signed by enough of its roots");
  const size_t found = common(signers, anchor.roots);
  anchored_ = anchored_ || found >= anchor.threshold;
  if (found >= vouched_.signed_by || keysets_.empty())
    vouched_ = {next.epoch, found, anchor.roots.size(), next.root_threshold};
  keysets_.push_back(keys.value());
  return ok_status();
}

Status check_signed(const Tools& tools, const Keyset& keyset, KeyRole role, SignedKind kind,
                    const Opened& opened, KeyId& signer) {
  std::vector<PublicKey> signers;
  FLOTILLA_TRY(count_signers(tools, opened, kind, keys_with(keyset, role), signers));
  signer = opened.envelope().signatures[0].key_id;
  return ok_status();
}

Status check_signed_by(const Tools& tools, const PublicKey& key, SignedKind kind,
                       const Opened& opened) {
  std::vector<PublicKey> signers;
  FLOTILLA_TRY(count_signers(tools, opened, kind, {key}, signers));
  return signers.size() == 1 ? ok_status() : forged("there is more than one signature");
}

}  // namespace flotilla::controller::proof
