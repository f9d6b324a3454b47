#include "generated/chunk_generated.h"
#include "generated/offer_generated.h"
#include "schemas/wire/check.h"
#include "schemas/wire/message_builder.h"
#include "schemas/wire/wire.h"

namespace flotilla::wire {

namespace {

using flatbuffers::Offset;

Offset<fb::OfferedApproval> build(MessageBuilder& message, Bytes envelope) {
  const BytesOffset bytes = message.bytes(envelope, 8);
  fb::OfferedApprovalBuilder table(message.fbb());
  table.add_envelope(bytes);
  return table.Finish();
}

}  // namespace

Result<size_t> Encoder::offer(Bytes transfer_envelope, Bytes release_envelope, Bytes golden,
                              MutableBytes out,
                              const FixedVector<Bytes, kMaxApprovals>& approvals) {
  FLOTILLA_TRY(check_offer(transfer_envelope, release_envelope, golden));
  Bound bound = Bound().table(4).bytes(transfer_envelope).bytes(release_envelope).bytes(golden);
  bound.vector(approvals.size());
  for (Bytes approval : approvals) {
    FLOTILLA_TRY(check_approval_envelope(approval));
    bound.table(1).bytes(approval);
  }
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(bound));

  Offset<fb::OfferedApproval> rows[kMaxApprovals];
  size_t count = 0;
  for (Bytes approval : approvals) rows[count++] = build(message, approval);
  const auto consents = message.vector(rows, count);
  const BytesOffset vectors = message.bytes(golden, 8);
  const BytesOffset release = message.bytes(release_envelope, 8);
  const BytesOffset transfer = message.bytes(transfer_envelope, 8);
  fb::TransferOfferBuilder table(message.fbb());
  table.add_transfer(transfer);
  table.add_release(release);
  table.add_golden(vectors);
  table.add_approvals(consents);
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
