#include "edge-client/agent/reconnect.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace flotilla::edge::test {
namespace {

constexpr uint64_t kSeed = 7;
constexpr int kDevices = 2000;

ReconnectConfig config() {
  ReconnectConfig out;
  out.startup_window = seconds(2);
  out.first_window = seconds(30);
  out.base = seconds(1);
  out.cap = seconds(300);
  out.stable_after = seconds(60);
  return out;
}

struct Spread {
  int64_t least = INT64_MAX;
  int64_t most = 0;
  double mean = 0;
};

/// Delays in ms of many devices that differ in their seed only.
template <typename Draw>
Spread spread(Draw draw) {
  Spread out;
  for (int i = 0; i < kDevices; ++i) {
    ReconnectPolicy policy(config(), Prng(kSeed + static_cast<uint64_t>(i)).split("reconnect"));
    const int64_t ms = draw(policy).ms;
    out.least = std::min(out.least, ms);
    out.most = std::max(out.most, ms);
    out.mean += static_cast<double>(ms) / kDevices;
  }
  return out;
}

/// Uniform over [0, window].
void expect_uniform(const Spread& got, Duration window) {
  const auto ms = static_cast<double>(window.ms);
  EXPECT_LE(got.most, window.ms);
  EXPECT_GT(got.most, window.ms * 98 / 100);
  EXPECT_LT(got.least, window.ms / 50 + 1);
  EXPECT_NEAR(got.mean, ms / 2, ms / 20);
}

TEST(ReconnectTest, TheFirstAttemptAfterALossIsSpreadOverTheWindow) {
  const MonoTime now{5'000'000};
  const auto lose = [&](Duration announced) {
    return spread([&](ReconnectPolicy& policy) {
      policy.connected(now - seconds(3600));
      return policy.after_loss(now, announced) - now;
    });
  };
  expect_uniform(lose({}), seconds(30));
  expect_uniform(lose(seconds(120)), seconds(120));
}

TEST(ReconnectTest, FailuresDoubleTheSpreadUpToTheCap) {
  const MonoTime now{5'000'000};
  for (int failures = 1; failures <= 12; ++failures) {
    const Spread got = spread([&](ReconnectPolicy& policy) {
      MonoTime next = now;
      for (int i = 0; i < failures; ++i) next = policy.after_failure(now);
      return next - now;
    });
    expect_uniform(got, std::min(seconds(300), seconds(int64_t{1} << failures)));
  }
}

TEST(ReconnectTest, ManyFailuresOverflowNothing) {
  ReconnectPolicy policy(config(), Prng(kSeed));
  const MonoTime now{0};
  for (int i = 0; i < 200; ++i) EXPECT_LE(policy.after_failure(now), now + seconds(300));
}

TEST(ReconnectTest, AConnectionThatLivedResetsTheBackoff) {
  ReconnectPolicy policy(config(), Prng(kSeed));
  MonoTime now{0};
  for (int i = 0; i < 9; ++i) policy.after_failure(now);
  policy.connected(now);
  now = now + seconds(60);
  EXPECT_LE(policy.after_loss(now, {}), now + seconds(30));
  EXPECT_EQ(policy.failures(), 0u);
}

TEST(ReconnectTest, AConnectionThatIsKickedSoonCountsAsAFailure) {
  const MonoTime now{5'000'000};
  const Spread got = spread([&](ReconnectPolicy& policy) {
    MonoTime next = now;
    for (int i = 0; i < 7; ++i) {
      policy.connected(now);
      next = policy.after_loss(now + seconds(59), {}) - seconds(59);
    }
    return next - now;
  });
  expect_uniform(got, seconds(128));
}

TEST(ReconnectTest, AKickNeverShrinksTheWindow) {
  // A broker that fails twice within a minute meets the whole fleet at low failure counts.
  const MonoTime now{5'000'000};
  const Spread got = spread([&](ReconnectPolicy& policy) {
    policy.connected(now);
    return policy.after_loss(now + seconds(40), seconds(120)) - (now + seconds(40));
  });
  expect_uniform(got, seconds(120));
}

TEST(ReconnectTest, TheStartIsSpreadToo) {
  const MonoTime now{0};
  expect_uniform(spread([&](ReconnectPolicy& policy) { return policy.at_start(now) - now; }),
                 seconds(2));
}

TEST(ReconnectTest, SameSeedSameDraws) {
  ReconnectPolicy a(config(), Prng(kSeed));
  ReconnectPolicy b(config(), Prng(kSeed));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(a.after_failure(MonoTime{i}), b.after_failure(MonoTime{i}));
  }
}

}  // namespace
}  // namespace flotilla::edge::test
