#include "controller/artifact/manifest_builder.h"

#include <vector>

#include "controller/artifact/aligned.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller {
namespace {

constexpr size_t kArenaWords = wire::kControllerArena / sizeof(uint64_t);

/// An encoder with its working memory and a buffer for the result.
class Workbench {
 public:
  wire::Encoder& encoder() { return encoder_; }
  MutableBytes buffer() { return buffer_; }
  Result<std::string> text(const Result<size_t>& size) const {
    if (!size.ok()) return size.status();
    return std::string(as_text(Bytes(buffer_).first(size.value())));
  }

 private:
  std::vector<uint64_t> arena_ = std::vector<uint64_t>(kArenaWords);
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(kMaxOfferMessage);
  wire::Encoder encoder_{{reinterpret_cast<uint8_t*>(arena_.data()), wire::kControllerArena}};
};

Result<std::string> seal(Hasher& hasher, std::span<Signer* const> signers, SignedKind kind,
                         const Result<std::string>& body) {
  if (!body.ok()) return body.status();
  if (signers.size() > kMaxSignatures) return Status(Code::kOutOfRange, "too many signatures");
  Envelope envelope;
  envelope.kind = kind;
  envelope.signed_bytes = as_bytes(body.value());
  const Digest digest = signing_digest(hasher, kind, envelope.signed_bytes);
  std::vector<KeyedSignature> signatures(signers.size());
  for (size_t i = 0; i < signers.size(); ++i) {
    const Result<KeyedSignature> signature = signers[i]->sign_named(digest);
    if (!signature.ok()) return signature.status();
    signatures[i] = signature.value();
    const SignatureView view{signatures[i].key, SignatureAlgorithm::kEcdsaP256Sha256,
                             signatures[i].bytes};
    if (!envelope.signatures.push_back(view)) {
      return Status(Code::kInternal, "signature did not fit its envelope");
    }
  }
  Workbench bench;
  return bench.text(bench.encoder().envelope(envelope, bench.buffer()));
}

Result<std::string> seal(Hasher& hasher, Signer& signer, SignedKind kind,
                         const Result<std::string>& body) {
  Signer* const one = &signer;
  return seal(hasher, {&one, 1}, kind, body);
}

}  // namespace

Result<std::string> sign_release(Hasher& hasher, Signer& release_key,
                                 const ReleaseManifest& value) {
  Workbench bench;
  return seal(hasher, release_key, SignedKind::kRelease,
              bench.text(bench.encoder().release(value, bench.buffer())));
}

Result<std::string> sign_transfer(Hasher& hasher, Signer& director, const TransferManifest& value) {
  Workbench bench;
  return seal(hasher, director, SignedKind::kTransfer,
              bench.text(bench.encoder().transfer(value, bench.buffer())));
}

Result<std::string> sign_directive(Hasher& hasher, Signer& director, const Directive& value) {
  Workbench bench;
  return seal(hasher, director, SignedKind::kDirective,
              bench.text(bench.encoder().directive(value, bench.buffer())));
}

Result<std::string> sign_approval(Hasher& hasher, Signer& approver, const Approval& value) {
  Workbench bench;
  return seal(hasher, approver, SignedKind::kApproval,
              bench.text(bench.encoder().approval(value, bench.buffer())));
}

Result<std::string> sign_keyset(Hasher& hasher, std::span<Signer* const> roots,
                                const Keyset& value) {
  Workbench bench;
  return seal(hasher, roots, SignedKind::kKeyset,
              bench.text(bench.encoder().keyset(value, bench.buffer())));
}

Result<std::string> sign_checkpoint(Hasher& hasher, Signer& director, const Checkpoint& value) {
  Workbench bench;
  return seal(hasher, director, SignedKind::kCheckpoint,
              bench.text(bench.encoder().checkpoint(value, bench.buffer())));
}

Result<std::string> build_offer(Bytes transfer_envelope, Bytes release_envelope, Bytes golden,
                                std::span<const std::string> approvals,
                                std::span<const GrowthProof> growth) {
  FixedVector<Bytes, kMaxApprovals> consents;
  for (const std::string& approval : approvals) {
    if (!consents.push_back(as_bytes(approval))) break;
  }
  Workbench bench;
  return bench.text(bench.encoder().offer(transfer_envelope, release_envelope, golden,
                                          bench.buffer(), consents, growth));
}

Result<std::string> keyset_body(const Keyset& value) {
  Workbench bench;
  return bench.text(bench.encoder().keyset(value, bench.buffer()));
}

Result<std::string> assemble(SignedKind kind, Bytes body,
                             std::span<const SignatureView> signatures) {
  Envelope envelope;
  envelope.kind = kind;
  envelope.signed_bytes = body;
  for (const SignatureView& signature : signatures) {
    if (!envelope.signatures.push_back(signature)) {
      return Status(Code::kOutOfRange, "too many signatures");
    }
  }
  Workbench bench;
  return bench.text(bench.encoder().envelope(envelope, bench.buffer()));
}

Result<ReleaseFacts> release_facts(Hasher& hasher, Bytes envelope) {
  const AlignedCopy aligned(envelope);
  const auto decoded = wire::decode_release(aligned.view());
  if (!decoded.ok()) return decoded.status();
  const Envelope& carrier = decoded.value().envelope;
  return ReleaseFacts{signing_digest(hasher, SignedKind::kRelease, carrier.signed_bytes),
                      carrier.signatures[0].key_id};
}

Result<Digest> release_digest(Hasher& hasher, Bytes envelope) {
  const auto facts = release_facts(hasher, envelope);
  if (!facts.ok()) return facts.status();
  return facts.value().digest;
}

}  // namespace flotilla::controller
