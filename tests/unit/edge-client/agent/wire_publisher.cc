#include "tests/unit/edge-client/agent/wire_publisher.h"

#include "schemas/protocol/trust.h"

namespace flotilla::edge::test {
namespace {

std::string text_of(const std::vector<uint8_t>& bytes) {
  return std::string(as_text(bytes));
}

}  // namespace

Aligned::Aligned(const std::string& message)
    : words_((message.size() + 7) / 8), size_(message.size()) {
  auto* target = reinterpret_cast<uint8_t*>(words_.data());
  copy(as_bytes(message), MutableBytes(target, size_));
}

MutableBytes WirePublisher::view(Buffer& buffer) {
  return {reinterpret_cast<uint8_t*>(buffer.data()), buffer.size() * 8};
}

std::vector<uint8_t> WirePublisher::taken(const Result<size_t>& size) const {
  const auto* bytes = reinterpret_cast<const uint8_t*>(out_.data());
  return {bytes, bytes + size.value()};
}

std::string WirePublisher::envelope(SignedKind kind, const std::vector<uint8_t>& body,
                                    uint8_t signer) {
  const SignatureBytes signature = keys_.sign(signer, signing_digest(crypto_, kind, body));
  Envelope envelope;
  envelope.kind = kind;
  envelope.signed_bytes = body;
  SignatureView view;
  view.key_id = key_id(crypto_, keys_.key(signer));
  view.bytes = signature;
  FLOTILLA_ASSERT(envelope.signatures.push_back(view));
  return text_of(taken(encoder().envelope(envelope, out())));
}

std::string WirePublisher::keyset(uint32_t epoch) {
  Keyset value = values.keyset_value(epoch);
  for (uint8_t number : {Keyring::kRoot, Keyring::kReleaser, Keyring::kDirector}) {
    value.keys[number - 1u].public_key = keys_.key(number);
  }
  return envelope(SignedKind::kKeyset, taken(encoder().keyset(value, out())), Keyring::kRoot);
}

WirePublisher::Transfer WirePublisher::publish(Bytes image, uint32_t version, uint32_t range,
                                               Bytes golden) {
  SignedMessage<ReleaseManifest> release;
  release.kind = SignedKind::kRelease;
  release.value = values.release_value(image, version, golden);
  release.bytes = taken(encoder().release(release.value, out()));
  Transfer transfer{values.publish(release, {}, image, range), {}, {}};

  const std::vector<uint8_t> body =
      taken(encoder().transfer(transfer.publication.transfer.value, out()));
  const Aligned transfer_part(envelope(SignedKind::kTransfer, body, Keyring::kDirector));
  const Aligned release_part(envelope(SignedKind::kRelease, release.bytes, Keyring::kReleaser));
  transfer.offer =
      text_of(taken(encoder().offer(transfer_part.bytes(), release_part.bytes(), golden, out())));
  for (uint32_t i = 0; i < transfer.publication.pieces.size(); ++i) {
    transfer.chunks.push_back(
        text_of(taken(encoder().chunk(transfer.publication.chunk(i), out()))));
  }
  return transfer;
}

std::string WirePublisher::directive(const Directive& value) {
  return envelope(SignedKind::kDirective, taken(encoder().directive(value, out())),
                  Keyring::kDirector);
}

std::string WirePublisher::acknowledgement(const Acknowledgement& value) {
  return text_of(taken(encoder().acknowledgement(value, out())));
}

}  // namespace flotilla::edge::test
