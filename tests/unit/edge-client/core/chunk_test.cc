// Chunks: every check, groups and their requests, resuming.

#include "tests/unit/edge-client/core/device_fixture.h"

namespace flotilla::edge::test {
namespace {

class ChunkTest : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    full_ = world_.publish(first_, 1);
    world_.answer_groups = false;
    directive_ = order(full_);
    world_.send(directive_);
    ASSERT_TRUE(reaches(UpdateState::kTransferring));
    world_.settle();
  }

  void deliver(const Chunk& chunk) {
    world_.device().on_chunk(chunk, 100, world_.now);
    world_.settle();
  }
  void expect_refused(const Chunk& chunk) {
    const uint32_t writes = world_.writes();
    const uint32_t refused = world_.device().counters().chunks_refused;
    deliver(chunk);
    EXPECT_EQ(world_.device().counters().chunks_refused, refused + 1);
    EXPECT_EQ(world_.writes(), writes);
  }
  /// The state as the next report will have it.
  const ModelState& report() {
    world_.disconnect();
    world_.connect();
    world_.settle();
    return world_.state();
  }
  uint32_t requests(const std::string& word) const {
    uint32_t count = 0;
    for (const std::string& line : world_.outbox.log) count += line.rfind(word, 0) == 0 ? 1 : 0;
    return count;
  }

  Publication full_;
  Directive directive_;
};

TEST_F(ChunkTest, EveryCheckRefusesWithoutAWrite) {
  const Chunk good = full_.chunk(2);
  Chunk chunk = good;
  chunk.index = 18;
  expect_refused(chunk);
  chunk = good;
  chunk.path = chunk.path.first(chunk.path.size() - kMerkleNodeSize);
  expect_refused(chunk);
  chunk = good;
  chunk.path = {};
  expect_refused(chunk);
  chunk = good;
  chunk.output_length = 0;
  expect_refused(chunk);
  chunk = good;
  chunk.output_length = kMaxChunkOutput + 1;
  expect_refused(chunk);
  chunk = good;
  chunk.output_offset = first_.size() + 1;
  expect_refused(chunk);
  chunk = good;
  chunk.output_offset = UINT64_MAX - 10;
  expect_refused(chunk);
  chunk = good;
  chunk.output_offset += 32;  // not an erase unit
  expect_refused(chunk);
  chunk = good;
  chunk.output_length -= 32;
  expect_refused(chunk);
  chunk = good;
  chunk.output_offset += 64;  // aligned, but not what was proven
  expect_refused(chunk);
  chunk = good;
  chunk.index = 3;
  expect_refused(chunk);
  std::vector<uint8_t> payload(good.payload.begin(), good.payload.end());
  payload[0] ^= 1;
  chunk = good;
  chunk.payload = payload;
  expect_refused(chunk);
  payload.resize(full_.transfer.value.chunk_max + 1);
  chunk.payload = payload;
  expect_refused(chunk);

  const uint32_t writes = world_.writes();
  chunk = good;
  chunk.transfer ^= 1;
  deliver(chunk);
  EXPECT_EQ(world_.writes(), writes);

  deliver(good);
  EXPECT_EQ(report().chunks_done, 1u);
}

TEST_F(ChunkTest, DuplicatesAreCountedAndNotWrittenAgain) {
  deliver(full_.chunk(2));
  const uint32_t writes = world_.writes();
  deliver(full_.chunk(2));
  EXPECT_EQ(world_.writes(), writes);
  EXPECT_EQ(report().bytes_received, 200u);
  EXPECT_EQ(report().chunks_done, 1u);
}

TEST_F(ChunkTest, TooManyBadOnesEndTheTransfer) {
  for (uint32_t i = 0; i <= world_.config.max_refused_chunks; ++i) {
    EXPECT_EQ(world_.update_state(), UpdateState::kTransferring);
    world_.device().on_malformed_chunk(10, world_.now);
    world_.settle();
  }
  EXPECT_EQ(world_.update_state(), UpdateState::kFailed);
  EXPECT_EQ(world_.state().reason, Reason::kBadChunk);
  EXPECT_EQ(world_.state().chunks_refused, world_.config.max_refused_chunks + 1);
}

TEST_F(ChunkTest, AProvenChunkThatDoesNotDecodeEndsTheTransfer) {
  Publication broken = world_.publish(second_, 2);
  broken.pieces[1].payload.assign(40, 0xEE);
  world_.publisher.seal(broken);
  world_.put(broken);
  world_.answer_groups = true;
  world_.send(order(broken));
  ASSERT_TRUE(reaches(UpdateState::kFailed));
  EXPECT_EQ(world_.state().reason, Reason::kBadChunk);
}

TEST_F(ChunkTest, AsksForOneGroupAtATime) {
  ASSERT_EQ(requests("group"), 1u);
  const std::string first = world_.outbox.log.back();
  const uint32_t group = first == "group 0" ? 0 : 1;
  const uint32_t other = 1 - group;
  for (uint32_t i = group * 16; i < std::min(18u, group * 16 + 16); ++i) deliver(full_.chunk(i));
  EXPECT_EQ(world_.outbox.log.back(), "group " + std::to_string(other));
  EXPECT_TRUE(asked_for("release " + std::to_string(group)));
  for (uint32_t i = other * 16; i < std::min(18u, other * 16 + 16); ++i) deliver(full_.chunk(i));
  EXPECT_EQ(requests("release " + std::to_string(other)), 1u);
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(ChunkTest, TheFirstGroupIsRandom) {
  std::set<std::string> firsts;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    WorldOptions options;
    options.seed = seed;
    World world(options);
    ASSERT_TRUE(world.boot().ok());
    world.connect();
    world.answer_groups = false;
    world.send(world.publisher.directive_value(world.publish(first_, 1), 1, 1));
    world.settle();
    firsts.insert(world.outbox.log.back());
  }
  EXPECT_EQ(firsts.size(), 2u);
}

TEST_F(ChunkTest, AsksAgainAfterASilenceWithGrowingPauses) {
  std::vector<MonoTime> at;
  world_.outbox.on_group_request = [&](TransferId, uint32_t) { at.push_back(world_.now); };
  world_.settle(seconds(3600));
  ASSERT_GE(at.size(), 5u);
  EXPECT_LE(at.size(), 12u);
  for (size_t i = 2; i < at.size(); ++i) EXPECT_GE(at[i] - at[i - 1], at[i - 1] - at[i - 2]);
  // Both groups had their turn: one that the broker lacks does not keep the other away.
  EXPECT_TRUE(asked_for("group 0"));
  EXPECT_TRUE(asked_for("group 1"));
}

TEST_F(ChunkTest, AsksAgainWhenTheConnectionTakesNothing) {
  world_.outbox.faults.fails = [](const std::string& name) { return name == "outbox.group"; };
  world_.disconnect();
  world_.connect();
  world_.settle(seconds(10));
  world_.outbox.faults.fails = nullptr;
  world_.answer_groups = true;
  EXPECT_TRUE(reaches(UpdateState::kConfirmed, seconds(60)));
}

TEST_F(ChunkTest, AReconnectionRepeatsTheRequestsAndKeepsTheProgress) {
  for (uint32_t i = 0; i < 10; ++i) deliver(full_.chunk(i));
  world_.disconnect();
  world_.settle(seconds(600));
  const size_t asked = world_.outbox.log.size();
  world_.connect();
  world_.settle();
  EXPECT_EQ(world_.outbox.log.size(), asked + 1);
  world_.answer_groups = true;
  world_.disconnect();
  world_.connect();
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
  EXPECT_EQ(world_.storage.erases, full_.pieces.size());
}

TEST_F(ChunkTest, ARestartComparesTheLogWithTheSlot) {
  for (uint32_t i = 0; i < 10; ++i) deliver(full_.chunk(i));
  const uint8_t rot = static_cast<uint8_t>(first_[4 * 128 + 7] ^ 1);
  world_.storage.region(0, Slot::kA).preset(4 * 128 + 7, {&rot, 1});
  const uint32_t erases = world_.storage.erases;
  restart();
  EXPECT_EQ(report().chunks_done, 9u);
  world_.answer_groups = true;
  restart();
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  EXPECT_EQ(world_.storage.erases - erases, full_.pieces.size() - 9);
}

TEST_F(ChunkTest, AFullOrBrokenLogCostsOnlyTheHint) {
  world_.journal.progress_capacity = 5 * 40;
  for (uint32_t i = 0; i < 10; ++i) deliver(full_.chunk(i));
  restart();
  EXPECT_EQ(report().chunks_done, 5u);
  world_.journal.region(JournalArea::kProgress, 0).fill_all(0x3C);
  restart();
  EXPECT_EQ(report().chunks_done, 0u);
  world_.answer_groups = true;
  world_.disconnect();
  world_.connect();
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(ChunkTest, ASlotThatWasNotBegunIsBegunAgain) {
  for (uint32_t i = 0; i < 10; ++i) deliver(full_.chunk(i));
  (void)world_.storage.begin(0, Slot::kA, 17);
  world_.answer_groups = true;
  restart();
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(ChunkTest, ANewOfferOfTheSameReleaseIsFollowed) {
  for (uint32_t i = 0; i < 5; ++i) deliver(full_.chunk(i));
  const Publication other = world_.publish(first_, 1, nullptr, 256);
  Directive directive = repeat(directive_);
  directive.offers.clear();
  (void)directive.offers.push_back({Digest{}, other.id});
  world_.answer_groups = true;
  world_.send(directive);
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  EXPECT_EQ(world_.state().transfer, other.id);
}

TEST(ModelsTest, TakeTurnsWhenOneWaitsInVain) {
  WorldOptions options;
  options.models = 2;
  World world(options);
  ASSERT_TRUE(world.boot().ok());
  world.connect();
  const std::vector<uint8_t> image = make_image(1, 2200);
  const Publication lost = world.publish(image, 1);
  world.publisher.model = "model-1";
  const std::vector<uint8_t> image_1 = make_image(2, 2200);
  const Publication found = world.publish(image_1, 1);
  const Directive second = world.publisher.directive_value(found, 1, 2);
  world.publisher.model = "detector";
  world.send(world.publisher.directive_value(lost, 1, 1));
  world.send(second);
  world.published.erase(lost.id);  // its offer never comes
  EXPECT_TRUE(world.run_until([&] { return world.update_state(1) == UpdateState::kConfirmed; },
                              seconds(600)));
  EXPECT_EQ(world.active_digest(1), world.crypto.digest_of(image_1));
  world.put(lost);
  EXPECT_TRUE(world.run_until([&] { return world.update_state(0) == UpdateState::kConfirmed; }));
  EXPECT_EQ(world.breaches, Breaches{});
}

}  // namespace
}  // namespace flotilla::edge::test
