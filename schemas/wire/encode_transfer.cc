#include "generated/chunk_generated.h"
#include "generated/offer_generated.h"
#include "schemas/wire/check.h"
#include "schemas/wire/message_builder.h"
#include "schemas/wire/wire.h"

namespace flotilla::wire {
namespace {

using flatbuffers::Offset;

Offset<fb::GrowthProof> build(MessageBuilder& message, const GrowthProof& proof) {
  const BytesOffset path = message.bytes(proof.path);
  fb::GrowthProofBuilder table(message.fbb());
  table.add_from_size(proof.from);
  table.add_path(path);
  return table.Finish();
}

Status check_growth(std::span<const GrowthProof> growth) {
  if (growth.size() > kMaxGrowthProofs)
    return Status(Code::kOutOfRange, "an offer has too many growth proofs");
  for (const GrowthProof& proof : growth) FLOTILLA_TRY(check(proof));
  return ok_status();
}

Offset<fb::OfferedApproval> build(MessageBuilder& message, Bytes envelope) {
  const BytesOffset bytes = message.bytes(envelope, 8);
  fb::OfferedApprovalBuilder table(message.fbb());
  table.add_envelope(bytes);
  return table.Finish();
}

}  // namespace

Result<size_t> Encoder::offer(Bytes transfer_envelope, Bytes release_envelope, Bytes golden,
                              MutableBytes out, const FixedVector<Bytes, kMaxApprovals>& approvals,
                              std::span<const GrowthProof> growth) {
  FLOTILLA_TRY(check_offer(transfer_envelope, release_envelope, golden));
  FLOTILLA_TRY(check_growth(growth));
  Bound bound = Bound().table(5).bytes(transfer_envelope).bytes(release_envelope).bytes(golden);
  bound.vector(approvals.size()).vector(growth.size());
  for (Bytes approval : approvals) {
    FLOTILLA_TRY(check_approval_envelope(approval));
    bound.table(1).bytes(approval);
  }
  for (const GrowthProof& proof : growth) bound.table(2).bytes(proof.path);
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(bound));

  Offset<fb::OfferedApproval> rows[kMaxApprovals];
  size_t count = 0;
  for (Bytes approval : approvals) rows[count++] = build(message, approval);
  const auto consents = message.vector(rows, count);
  Offset<fb::GrowthProof> paths[kMaxGrowthProofs];
  count = 0;
  for (const GrowthProof& proof : growth) paths[count++] = build(message, proof);
  const auto proofs = message.vector(paths, count);
  const BytesOffset vectors = message.bytes(golden, 8);
  const BytesOffset release = message.bytes(release_envelope, 8);
  const BytesOffset transfer = message.bytes(transfer_envelope, 8);
  fb::TransferOfferBuilder table(message.fbb());
  table.add_transfer(transfer);
  table.add_release(release);
  table.add_golden(vectors);
  table.add_approvals(consents);
  table.add_growth(proofs);
  return message.finish(table.Finish(), fb::TransferOfferIdentifier(), kMaxOfferMessage, out);
}

Result<size_t> Encoder::chunk(const Chunk& value, MutableBytes out) {
  FLOTILLA_TRY(check(value));
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(Bound().table(6).bytes(value.path).bytes(value.payload)));

  const BytesOffset payload = message.bytes(value.payload);
  const BytesOffset path = message.bytes(value.path);
  fb::ChunkBuilder table(message.fbb());
  table.add_output_offset(value.output_offset);
  table.add_transfer(value.transfer);
  table.add_payload(payload);
  table.add_path(path);
  table.add_output_length(value.output_length);
  table.add_index(value.index);
  return message.finish(table.Finish(), fb::ChunkIdentifier(), kChunkMaxLimit + kChunkOverhead,
                        out);
}

}  // namespace flotilla::wire
