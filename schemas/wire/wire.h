#pragma once

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"
#include "schemas/protocol/messages.h"

/// FlatBuffers <-> protocol structs. Every decode verifies the buffer (file identifier, depth,
/// tables, limits of limits.h, enum ranges, names) before a field is read; views in the result
/// borrow from `bytes`. The only user of generated code.
namespace flotilla::wire {

/// Arena that is large enough for everything a device sends (a full state report), and for
/// everything a controller sends (an offer or a chunk of the largest size).
inline constexpr size_t kDeviceArena = 1024 + kMaxModels * 1216;
inline constexpr size_t kControllerArena = 40 * 1024;

/// Where an encoder writes. Encoded bytes are copied to the front of the caller's buffer;
/// kResourceExhausted when they do not fit or the arena is too small. Working memory comes from the
/// arena alone (no heap), so one Encoder serves one thread. A value that a decoder would refuse is
/// refused here with the same status. The same value always gives the same bytes.
class Encoder {
 public:
  /// `arena`: working memory for the largest message to be encoded, at least 2 KiB, 8-byte aligned.
  explicit Encoder(MutableBytes arena) : arena_(arena) {}

  // Bodies to be signed.
  Result<size_t> keyset(const Keyset& value, MutableBytes out);
  Result<size_t> release(const ReleaseManifest& value, MutableBytes out);
  Result<size_t> transfer(const TransferManifest& value, MutableBytes out);
  Result<size_t> directive(const Directive& value, MutableBytes out);
  Result<size_t> attestation(const Attestation& value, MutableBytes out);
  Result<size_t> approval(const Approval& value, MutableBytes out);
  Result<size_t> checkpoint(const Checkpoint& value, MutableBytes out);

  // Messages.
  Result<size_t> envelope(const Envelope& value, MutableBytes out);
  /// `approvals`: envelopes.
  Result<size_t> offer(Bytes transfer_envelope, Bytes release_envelope, Bytes golden,
                       MutableBytes out, const FixedVector<Bytes, kMaxApprovals>& approvals = {},
                       std::span<const GrowthProof> growth = {});
  Result<size_t> chunk(const Chunk& value, MutableBytes out);
  Result<size_t> state_report(const StateReport& value, MutableBytes out);
  Result<size_t> health_report(const HealthReport& value, MutableBytes out);
  Result<size_t> acknowledgement(const Acknowledgement& value, MutableBytes out);

 private:
  MutableBytes arena_;
};

// Signed messages: the envelope and its body, both verified structurally. `bytes` must be 8-byte
// aligned or the decoder answers kInvalidArgument; the caller's receive buffers are.
Result<Signed<Keyset>> decode_keyset(Bytes bytes);
Result<Signed<ReleaseManifest>> decode_release(Bytes bytes);
Result<Signed<TransferManifest>> decode_transfer(Bytes bytes);
Result<Signed<Directive>> decode_directive(Bytes bytes);
Result<Signed<Attestation>> decode_attestation(Bytes bytes);
Result<Signed<Approval>> decode_approval(Bytes bytes);
Result<Signed<Checkpoint>> decode_checkpoint(Bytes bytes);
/// An envelope of any kind, whose body is not looked at.
Result<Envelope> decode_envelope(Bytes bytes);

Result<TransferOffer> decode_offer(Bytes bytes);
Result<Chunk> decode_chunk(Bytes bytes);
Result<StateReport> decode_state_report(Bytes bytes);
Result<HealthReport> decode_health_report(Bytes bytes);
Result<Acknowledgement> decode_acknowledgement(Bytes bytes);

}  // namespace flotilla::wire
