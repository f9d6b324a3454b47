#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "simulator/engine/chance.h"
#include "simulator/engine/digest_engine.h"
#include "simulator/engine/scheduler.h"

namespace flotilla::sim {
namespace {

struct Seen {
  int64_t when;
  uint64_t value;
  bool operator==(const Seen&) const = default;
};

class Recorder final : public Target {
 public:
  explicit Recorder(Scheduler& scheduler) : scheduler_(scheduler), id(scheduler.add(*this)) {}
  void on_event(uint32_t, uint64_t value) override {
    seen.push_back({scheduler_.now().ms, value});
    if (value == 7) scheduler_.after({0}, id, 0, 8);
  }

 private:
  Scheduler& scheduler_;

 public:
  const TargetId id;
  std::vector<Seen> seen;
};

TEST(SimScheduler, RunsInTheOrderOfTimeAndThenOfScheduling) {
  Trace trace;
  Scheduler scheduler(trace);
  Recorder recorder(scheduler);
  scheduler.at({50}, recorder.id, 0, 1);
  scheduler.at({10}, recorder.id, 0, 7);
  scheduler.at({50}, recorder.id, 0, 2);
  scheduler.at({10}, recorder.id, 0, 3);
  scheduler.run_until({50});
  EXPECT_EQ(recorder.seen, (std::vector<Seen>{{10, 7}, {10, 3}, {10, 8}}));
  EXPECT_EQ(scheduler.now().ms, 50);
  scheduler.run_until({51});
  EXPECT_EQ(recorder.seen.size(), 5u);
  EXPECT_EQ(recorder.seen.back(), (Seen{50, 2}));
}

TEST(SimScheduler, KeepsTheOrderAcrossTheRing) {
  Trace trace;
  Scheduler scheduler(trace);
  Recorder recorder(scheduler);
  const int64_t far = 5'000'000;
  scheduler.at({far}, recorder.id, 0, 1);          // waits in the heap
  scheduler.at({far - 1000}, recorder.id, 0, 10);  // the same
  scheduler.run_until({far - 500});                // now the first is within reach
  scheduler.at({far}, recorder.id, 0, 2);
  scheduler.run_until({far + 1});
  EXPECT_EQ(recorder.seen, (std::vector<Seen>{{far - 1000, 10}, {far, 1}, {far, 2}}));
}

TEST(SimScheduler, AgreesWithASortOfRandomTimes) {
  constexpr uint32_t kEnd = 4'000'000;  // beyond both rings
  Trace trace;
  Scheduler scheduler(trace);
  Recorder recorder(scheduler);
  Chance chance(Prng(1));
  std::vector<Seen> expected;
  uint64_t value = 100;
  for (uint32_t from = 0; from < kEnd; from += kEnd / 8) {
    scheduler.run_until({from});
    for (int i = 0; i < 500; ++i) {
      const int64_t when = from + chance.below(i % 2 == 0 ? 5'000 : kEnd - from);
      scheduler.at({when}, recorder.id, 0, ++value);
      expected.push_back({when, value});
    }
  }
  std::stable_sort(expected.begin(), expected.end(),
                   [](const Seen& a, const Seen& b) { return a.when < b.when; });
  scheduler.run_until({kEnd});
  EXPECT_EQ(recorder.seen, expected);
}

TEST(SimChance, ExponentialHasItsMean) {
  Chance chance(Prng(2));
  int64_t sum = 0;
  constexpr int kDraws = 20'000;
  for (int i = 0; i < kDraws; ++i) sum += chance.exponential(seconds(60)).ms;
  EXPECT_NEAR(static_cast<double>(sum) / kDraws, 60'000.0, 1500.0);
}

TEST(SimChance, AStreamIsNotShiftedByAnother) {
  const Chance root(Prng(3));
  Chance a = root.split("a");
  (void)a.word();
  Chance b1 = root.split("b");
  Chance b2 = root.split("b");
  EXPECT_EQ(b1.word(), b2.word());
  EXPECT_NE(root.split("b", 1).below(UINT32_MAX), root.split("b", 2).below(UINT32_MAX));
}

TEST(SimDigest, DoesNotDependOnHowItIsCut) {
  std::vector<uint8_t> bytes(1000);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 7);
  for (const DigestKind kind : {DigestKind::kFast, DigestKind::kSha256}) {
    SimHasher hasher(kind);
    const Digest whole = hasher.sha256({bytes});
    EXPECT_EQ(hasher.sha256({Bytes(bytes).first(13), Bytes(bytes).subspan(13)}), whole);
    bytes[500] ^= 1;
    EXPECT_NE(hasher.sha256({bytes}), whole);
    bytes[500] ^= 1;
  }
}

}  // namespace
}  // namespace flotilla::sim
