#include "edge-client/mqtt/transmit_queue.h"

#include <algorithm>

#include "edge-client/mqtt/codec/packet_encoder.h"
#include "schemas/base/assert.h"

namespace flotilla::mqtt {

static_assert(TransmitQueue::kBufferSize < INT16_MAX);

void TransmitQueue::reset(uint16_t ack_limit) {
  FLOTILLA_ASSERT(ack_limit <= kMaxAcks);
  for (Publication& publication : publications_) publication = {};
  ack_head_ = ack_count_ = 0;
  ack_limit_ = ack_limit;
  used_ = sent_ = 0;
}

Bytes TransmitQueue::front() const {
  const size_t next = next_publication();
  if (next == kMaxPublications) return Bytes(buffer_).first(used_);
  const Publication& publication = publications_[next];
  if (reached(publication.header_end)) return publication.payload;
  return Bytes(buffer_).first(static_cast<size_t>(behind(publication.header_end)));
}

bool TransmitQueue::drain(size_t count) {
  FLOTILLA_ASSERT(count <= front().size());
  const size_t next = next_publication();
  if (next == kMaxPublications) {
    consume_buffer(count);
    return false;
  }
  Publication& publication = publications_[next];
  if (reached(publication.header_end)) {
    publication.payload = publication.payload.subspan(count);
  } else {
    consume_buffer(count);
  }
  if (!reached(publication.header_end) || !publication.payload.empty()) return false;
  publication.stage = publication.packet_id == 0 ? Stage::kFree : Stage::kSent;
  return publication.packet_id == 0;
}

MutableBytes TransmitQueue::request_room() {
  const size_t held_back = kPubAckSize * (ack_limit_ - ack_count_) + kPingReqSize + kDisconnectSize;
  const MutableBytes room = reserved_room();
  return room.first(room.size() - std::min(room.size(), held_back));
}

MutableBytes TransmitQueue::reserved_room() {
  return MutableBytes(buffer_).subspan(used_);
}

void TransmitQueue::commit(size_t size) {
  FLOTILLA_ASSERT(size <= kBufferSize - used_);
  used_ = static_cast<uint16_t>(used_ + size);
}

void TransmitQueue::commit_ack(size_t size) {
  FLOTILLA_ASSERT(ack_count_ < ack_limit_);
  commit(size);
  ack_ends_[(ack_head_ + ack_count_++) % kMaxAcks] = mark();
}

void TransmitQueue::commit_publication(size_t header_size, Bytes payload, uint16_t packet_id) {
  const size_t free = find(Stage::kFree, 0);
  FLOTILLA_ASSERT(free != kMaxPublications);
  const uint16_t begin = mark();
  commit(header_size);
  publications_[free] = {payload, packet_id, begin, mark(), Stage::kQueued};
}

size_t TransmitQueue::find(Stage stage, uint16_t packet_id) const {
  size_t i = 0;
  while (i < kMaxPublications &&
         (publications_[i].stage != stage || publications_[i].packet_id != packet_id)) {
    ++i;
  }
  return i;
}

size_t TransmitQueue::in_flight() const {
  size_t count = 0;
  for (const Publication& publication : publications_) {
    if (publication.packet_id != 0) ++count;
  }
  return count;
}

bool TransmitQueue::release(uint16_t packet_id) {
  const size_t sent = find(Stage::kSent, packet_id);
  if (sent == kMaxPublications) return false;
  publications_[sent] = {};
  return true;
}

bool TransmitQueue::drop_publications() {
  const size_t next = next_publication();
  const int keep = next == kMaxPublications ? used_ : behind(publications_[next].header_begin);
  for (Publication& publication : publications_) publication = {};
  used_ = static_cast<uint16_t>(std::max(keep, 0));
  return keep >= 0;
}

size_t TransmitQueue::next_publication() const {
  size_t next = kMaxPublications;
  for (size_t i = 0; i < kMaxPublications; ++i) {
    if (publications_[i].stage != Stage::kQueued) continue;
    const int end = behind(publications_[i].header_end);
    if (next == kMaxPublications || end < behind(publications_[next].header_end)) next = i;
  }
  return next;
}

void TransmitQueue::consume_buffer(size_t count) {
  used_ = static_cast<uint16_t>(used_ - count);
  sent_ = static_cast<uint16_t>(sent_ + count);
  // Piece by piece, none of which overlaps where it goes.
  const MutableBytes buffer(buffer_);
  for (size_t at = 0; at < used_ && count > 0; at += count) {
    const size_t piece = std::min<size_t>(count, used_ - at);
    copy(buffer.subspan(at + count, piece), buffer.subspan(at));
  }
  while (ack_count_ > 0 && reached(ack_ends_[ack_head_])) {
    ack_head_ = static_cast<uint16_t>((ack_head_ + 1) % kMaxAcks);
    --ack_count_;
  }
}

}  // namespace flotilla::mqtt
