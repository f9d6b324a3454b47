#include "edge-client/mqtt/transmit_queue.h"

#include <gtest/gtest.h>

#include <string>

#include "edge-client/mqtt/codec/packet_encoder.h"

namespace flotilla::mqtt {
namespace {

void put(TransmitQueue& queue, std::string_view text) {
  copy(as_bytes(text), queue.request_room());
  queue.commit(text.size());
}

void put_publication(TransmitQueue& queue, std::string_view header, std::string_view payload,
                     uint16_t id) {
  copy(as_bytes(header), queue.request_room());
  queue.commit_publication(header.size(), as_bytes(payload), id);
}

/// All that is queued, taken `step` bytes at a time.
std::string take(TransmitQueue& queue, size_t step) {
  std::string out;
  while (!queue.front().empty()) {
    const Bytes piece = queue.front().first(std::min(step, queue.front().size()));
    out += as_text(piece);
    queue.drain(piece.size());
  }
  return out;
}

TEST(TransmitQueue, InterleavesPayloadsInOrder) {
  for (size_t step = 1; step < 30; ++step) {
    TransmitQueue queue;
    queue.reset(4);
    put(queue, "<a>");
    put_publication(queue, "<h1>", "payload-1", 1);
    put_publication(queue, "<h2>", "", 0);
    put(queue, "<b>");
    put_publication(queue, "<h3>", "payload-3", 3);
    put(queue, "<c>");
    EXPECT_EQ(take(queue, step), "<a><h1>payload-1<h2><b><h3>payload-3<c>");
    EXPECT_TRUE(queue.is_empty());
  }
}

TEST(TransmitQueue, ReleasesOnlyWhatIsSentWhole) {
  TransmitQueue queue;
  queue.reset(4);
  put_publication(queue, "<h>", "payload", 7);
  EXPECT_TRUE(queue.is_in_flight(7));
  queue.drain(3);
  EXPECT_FALSE(queue.release(7));
  take(queue, 2);
  EXPECT_FALSE(queue.release(8));
  EXPECT_TRUE(queue.release(7));
  EXPECT_FALSE(queue.release(7));
  EXPECT_EQ(queue.in_flight(), 0u);
}

TEST(TransmitQueue, TellsWhenAPublicationWithoutIdIsDone) {
  TransmitQueue queue;
  queue.reset(4);
  put_publication(queue, "<h>", "xy", 0);
  EXPECT_FALSE(queue.drain(3));
  EXPECT_FALSE(queue.drain(1));
  EXPECT_TRUE(queue.drain(1));
  put_publication(queue, "<h>", "", 0);
  EXPECT_TRUE(queue.drain(3));
}

TEST(TransmitQueue, PositionsSurviveTheirWrapAround) {
  TransmitQueue queue;
  queue.reset(16);
  const std::string filler(400, 'f');
  for (int round = 0; round < 400; ++round) {  // 160,000 bytes
    put(queue, filler);
    queue.reserved_room()[0] = 'A';
    queue.commit_ack(1);
    const uint16_t mark = queue.mark();
    queue.drain(400);
    EXPECT_EQ(queue.unsent_acks(), 1);
    EXPECT_FALSE(queue.reached(mark));
    put_publication(queue, "<h>", "p", 0);
    EXPECT_EQ(take(queue, 3), "A<h>p");
    EXPECT_TRUE(queue.reached(mark));
    EXPECT_EQ(queue.unsent_acks(), 0);
  }
}

TEST(TransmitQueue, HoldsBackRoomForWhatMustBeSent) {
  TransmitQueue queue;
  queue.reset(16);
  const size_t held_back = 16 * kPubAckSize + kPingReqSize + kDisconnectSize;
  EXPECT_EQ(queue.request_room().size(), TransmitQueue::kBufferSize - held_back);
  for (int i = 0; i < 16; ++i) queue.commit_ack(kPubAckSize);
  EXPECT_EQ(queue.request_room().size(), TransmitQueue::kBufferSize - held_back);
  queue.commit(queue.request_room().size());
  EXPECT_EQ(queue.request_room().size(), 0u);
  EXPECT_EQ(queue.reserved_room().size(), kPingReqSize + kDisconnectSize);
}

TEST(TransmitQueue, DropsPublicationsAndWhatFollowsThem) {
  TransmitQueue queue;
  queue.reset(4);
  put(queue, "<a>");
  put_publication(queue, "<h>", "payload", 1);
  put(queue, "<b>");
  queue.drain(2);
  EXPECT_TRUE(queue.drop_publications());
  EXPECT_EQ(take(queue, 10), ">");
  EXPECT_FALSE(queue.is_in_flight(1));

  put_publication(queue, "<h>", "payload", 1);
  queue.drain(1);
  EXPECT_FALSE(queue.drop_publications());
  EXPECT_TRUE(queue.front().empty());
}

TEST(TransmitQueue, KeepsAllWhenEveryPublicationIsSent) {
  TransmitQueue queue;
  queue.reset(4);
  put_publication(queue, "<h>", "payload", 1);
  take(queue, 100);
  put(queue, "<b>");
  EXPECT_TRUE(queue.drop_publications());
  EXPECT_EQ(take(queue, 100), "<b>");
}

}  // namespace
}  // namespace flotilla::mqtt
