// However TCP cuts the stream, the owner hears and the server reads the same.

#include <cstdlib>
#include <random>

#include "schemas/base/prng.h"
#include "tests/unit/edge-client/mqtt/conversation.h"

namespace flotilla::mqtt {
namespace {

using namespace server;

struct Outcome {
  Lines heard;
  Lines said;
  bool operator==(const Outcome&) const = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  for (const std::string& line : outcome.heard) *out << "\n  heard " << line;
  for (const std::string& line : outcome.said) *out << "\n  said  " << line;
}

/// `next_size` gives the size of each piece.
template <typename Sizes>
Outcome play(const std::string& stream, Sizes next_size) {
  Conversation talk;
  talk.session().start(talk.now());
  talk.send();
  talk.reaction = [](Conversation& self, const std::string& line) {
    if (line.rfind("connected", 0) == 0) {
      EXPECT_TRUE(self.session().subscribe("a/+", 5, self.now()).ok());
      EXPECT_TRUE(self.session().unsubscribe("b/#", self.now()).ok());
    }
  };
  for (size_t at = 0; at < stream.size();) {
    const size_t size = std::min(stream.size() - at, std::max<size_t>(1, next_size()));
    talk.hear(stream.substr(at, size));
    at += size;
  }
  talk.send();
  return {talk.heard(), talk.said()};
}

std::vector<std::string> streams() {
  const std::string begin = connack(u8(0x21) + u16(3) + u8(0x26) + text("k") + text("v")) +
                            suback(1, 1) + publish0("a/b", "payload", u8(0x0B) + varint(5)) +
                            unsuback(2, 0) + publish1("drop/it", 7, std::string(300, 'd')) +
                            publish1("a/empty", 8, "", "", 1);
  return {
      begin,
      begin + publish0(std::string(200, 't'), std::string(5'000, 'p')) + disconnect(0x8B),
      begin + publish0("a/\xC3(", "bad text"),
      begin + publish0("a", "x", u8(0x23) + u16(1)) + publish0("never", "heard"),
      begin + "\x30\xFF\xFF\xFF\xFF" + "whatever follows",
      begin + publish0("cut", "short").substr(0, 9),
  };
}

TEST(Split, EveryPieceSize) {
  for (const std::string& stream : streams()) {
    const Outcome whole = play(stream, [&] { return stream.size(); });
    for (size_t cut = 1; cut < stream.size(); ++cut)
      ASSERT_EQ(play(stream, [&] { return cut; }), whole) << "pieces of " << cut;
  }
}

TEST(Split, RandomPieces) {
  const char* given = std::getenv("FLOTILLA_SEED");
  const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  SCOPED_TRACE("FLOTILLA_SEED=" + std::to_string(seed));
  RecordProperty("seed", std::to_string(seed));
  Prng prng(seed);
  for (const std::string& stream : streams()) {
    const Outcome whole = play(stream, [&] { return stream.size(); });
    for (int round = 0; round < 200; ++round) {
      const uint32_t bound = 1 + prng.below(40);
      ASSERT_EQ(play(stream, [&] { return prng.below(bound); }), whole);
    }
  }
}

}  // namespace
}  // namespace flotilla::mqtt
