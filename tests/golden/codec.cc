#include "tests/golden/codec.h"

#include <cstdlib>

#include "schemas/wire/wire.h"
#include "tests/golden/describe.h"

namespace flotilla::golden {
namespace {

alignas(8) uint8_t g_arena[48 * 1024];
alignas(8) uint8_t g_body[8 * 1024];
alignas(8) uint8_t g_out[40 * 1024];

wire::Encoder encoder() {
  return wire::Encoder(g_arena);
}

// ---------------------------------------------------------------- encoding again

Result<size_t> encode_body(const Keyset& value, MutableBytes out) {
  return encoder().keyset(value, out);
}
Result<size_t> encode_body(const ReleaseManifest& value, MutableBytes out) {
  return encoder().release(value, out);
}
Result<size_t> encode_body(const TransferManifest& value, MutableBytes out) {
  return encoder().transfer(value, out);
}
Result<size_t> encode_body(const Directive& value, MutableBytes out) {
  return encoder().directive(value, out);
}
Result<size_t> encode_body(const Attestation& value, MutableBytes out) {
  return encoder().attestation(value, out);
}
Result<size_t> encode_body(const Approval& value, MutableBytes out) {
  return encoder().approval(value, out);
}
Result<size_t> encode_body(const Checkpoint& value, MutableBytes out) {
  return encoder().checkpoint(value, out);
}

template <typename T>
Result<size_t> encode_any(const Signed<T>& value, MutableBytes out) {
  const Result<size_t> size = encode_body(value.value, g_body);
  FLOTILLA_TRY(size.status());
  Envelope envelope = value.envelope;
  envelope.signed_bytes = Bytes(g_body, size.value());
  return encoder().envelope(envelope, out);
}
Result<size_t> encode_any(const TransferOffer& value, MutableBytes out) {
  std::vector<uint8_t> transfer(kMaxEnvelope), release(kMaxEnvelope);
  const Result<size_t> transfer_size = encode_any(value.transfer, transfer);
  FLOTILLA_TRY(transfer_size.status());
  const Result<size_t> release_size = encode_any(value.release, release);
  FLOTILLA_TRY(release_size.status());
  FixedVector<Bytes, kMaxApprovals> approvals;
  for (const OfferedApproval& approval : value.approvals) {
    FLOTILLA_ASSERT(approvals.push_back(approval.envelope));
  }
  return encoder().offer(Bytes(transfer).first(transfer_size.value()),
                         Bytes(release).first(release_size.value()), value.golden, out, approvals,
                         value.growth);
}
Result<size_t> encode_any(const Chunk& value, MutableBytes out) {
  return encoder().chunk(value, out);
}
Result<size_t> encode_any(const StateReport& value, MutableBytes out) {
  return encoder().state_report(value, out);
}
Result<size_t> encode_any(const HealthReport& value, MutableBytes out) {
  return encoder().health_report(value, out);
}
Result<size_t> encode_any(const Acknowledgement& value, MutableBytes out) {
  return encoder().acknowledgement(value, out);
}

// ---------------------------------------------------------------- views

using Views = std::vector<Bytes>;

void collect(const Envelope& value, Views& out) {
  out.push_back(value.signed_bytes);
  for (const SignatureView& signature : value.signatures) out.push_back(signature.bytes);
}
template <typename T>
void collect(const Signed<T>& value, Views& out) {
  collect(value.envelope, out);
}
void collect(const TransferOffer& value, Views& out) {
  collect(value.transfer, out);
  collect(value.release, out);
  out.push_back(value.golden);
  for (const OfferedApproval& approval : value.approvals) {
    out.push_back(approval.envelope);
    out.push_back(approval.signed_bytes);
    out.push_back(approval.signature.bytes);
  }
  for (const GrowthProof& proof : value.growth) out.push_back(proof.path);
}
void collect(const Chunk& value, Views& out) {
  out.push_back(value.path);
  out.push_back(value.payload);
}
void collect(const StateReport& value, Views& out) {
  for (const ModelState& model : value.models) out.push_back(model.attestation);
}
void collect(const HealthReport&, Views&) {}
void collect(const Acknowledgement&, Views&) {}

bool all_inside(const Views& views, Bytes bytes) {
  for (Bytes view : views) {
    if (view.empty()) continue;
    if (view.data() < bytes.data()) return false;
    if (view.data() + view.size() > bytes.data() + bytes.size()) return false;
  }
  return true;
}

template <typename T>
Decoded finish(const Result<T>& result, Bytes bytes) {
  Decoded out;
  out.status = result.status();
  if (!result.ok()) return out;
  out.text = describe(result.value());
  Views views;
  collect(result.value(), views);
  out.inside = all_inside(views, bytes);
  const Result<size_t> size = encode_any(result.value(), g_out);
  out.encoded = size.status();
  if (size.ok()) out.again.assign(g_out, g_out + size.value());
  return out;
}

}  // namespace

const char* name_of(Kind kind) {
  constexpr const char* kNames[kKinds] = {"keyset",      "release", "transfer", "directive",
                                          "attestation", "offer",   "chunk",    "state",
                                          "health",      "ack",     "approval", "checkpoint"};
  return kNames[static_cast<size_t>(kind)];
}

std::optional<SignedKind> signed_kind_of(Kind kind) {
  if (kind == Kind::kApproval) return SignedKind::kApproval;
  if (kind == Kind::kCheckpoint) return SignedKind::kCheckpoint;
  if (kind > Kind::kAttestation) return std::nullopt;
  return static_cast<SignedKind>(static_cast<uint8_t>(kind) + 1);
}

size_t limit_of(Kind kind) {
  constexpr size_t kLimits[kKinds] = {kMaxEnvelope,
                                      kMaxEnvelope,
                                      kMaxEnvelope,
                                      kMaxEnvelope,
                                      kMaxAttestation,
                                      kMaxOfferMessage,
                                      kChunkMaxLimit + kChunkOverhead,
                                      kMaxStateReport,
                                      kMaxHealthReport,
                                      kMaxAcknowledgement,
                                      kMaxApproval,
                                      kMaxEnvelope};
  return kLimits[static_cast<size_t>(kind)];
}

AlignedBytes::AlignedBytes(Bytes bytes)
    : data_(static_cast<uint8_t*>(std::malloc(bytes.size()))), size_(bytes.size()) {
  copy(bytes, span());
}

void AlignedBytes::Free::operator()(uint8_t* data) const {
  std::free(data);
}

Decoded decode(Kind kind, Bytes bytes) {
  switch (kind) {
    case Kind::kKeyset:
      return finish(wire::decode_keyset(bytes), bytes);
    case Kind::kRelease:
      return finish(wire::decode_release(bytes), bytes);
    case Kind::kTransfer:
      return finish(wire::decode_transfer(bytes), bytes);
    case Kind::kDirective:
      return finish(wire::decode_directive(bytes), bytes);
    case Kind::kAttestation:
      return finish(wire::decode_attestation(bytes), bytes);
    case Kind::kOffer:
      return finish(wire::decode_offer(bytes), bytes);
    case Kind::kChunk:
      return finish(wire::decode_chunk(bytes), bytes);
    case Kind::kState:
      return finish(wire::decode_state_report(bytes), bytes);
    case Kind::kHealth:
      return finish(wire::decode_health_report(bytes), bytes);
    case Kind::kAcknowledgement:
      return finish(wire::decode_acknowledgement(bytes), bytes);
    case Kind::kApproval:
      return finish(wire::decode_approval(bytes), bytes);
    case Kind::kCheckpoint:
      return finish(wire::decode_checkpoint(bytes), bytes);
  }
  return {};
}

std::vector<uint8_t> seal(SignedKind kind, Bytes body, size_t signatures) {
  static SignatureBytes bytes[kMaxSignatures];
  Envelope envelope;
  envelope.kind = kind;
  envelope.signed_bytes = body;
  for (size_t i = 0; i < signatures; ++i) {
    for (size_t k = 0; k < bytes[i].size(); ++k) bytes[i][k] = static_cast<uint8_t>(16 * i + k);
    SignatureView signature;
    signature.key_id = 0x1122334455667788 + i;
    signature.bytes = bytes[i];
    FLOTILLA_ASSERT(envelope.signatures.push_back(signature));
  }
  const Result<size_t> size = encoder().envelope(envelope, g_out);
  if (!size.ok()) return {};
  return {g_out, g_out + size.value()};
}

}  // namespace flotilla::golden
