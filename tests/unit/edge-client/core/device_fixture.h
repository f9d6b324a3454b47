#pragma once

#include <gtest/gtest.h>

#include "simulator/power/world.h"

namespace flotilla::edge::test {

/// A connected device of one model, and short words for what most tests do with it.
class DeviceTest : public ::testing::Test {
 protected:
  explicit DeviceTest(const WorldOptions& options = {}) : world_(options) {}

  void SetUp() override {
    ASSERT_TRUE(world_.boot().ok());
    world_.connect();
    world_.settle();
  }
  void TearDown() override { EXPECT_EQ(world_.breaches, Breaches{}); }

  /// Install order for a full payload, newer than all before, of a new rollout.
  Directive order(const Publication& full) {
    return world_.publisher.directive_value(full, ++seq_, ++rollout_);
  }
  /// The same rollout, newer.
  Directive repeat(Directive directive) {
    directive.seq = ++seq_;
    directive.issued = directive.issued + seconds(1);
    return directive;
  }
  Directive order_delta(const Publication& full, const Publication& delta) {
    Directive directive = order(full);
    directive.offers.clear();
    (void)directive.offers.push_back({delta.transfer.value.base_digest, delta.id});
    (void)directive.offers.push_back({Digest{}, full.id});
    return directive;
  }
  bool reaches(UpdateState state, Duration limit = seconds(3600)) {
    return world_.run_until(
        [&] { return world_.update_state() == state && world_.state().rollout == rollout_; },
        limit);
  }
  Publication install(const std::vector<uint8_t>& image, uint32_t version) {
    const Publication full = world_.publish(image, version);
    world_.send(order(full));
    EXPECT_TRUE(reaches(UpdateState::kConfirmed));
    return full;
  }
  void restart() {
    world_.power_cycle();
    ASSERT_TRUE(world_.boot().ok());
    world_.connect();
    world_.settle();
  }
  Digest digest(const std::vector<uint8_t>& image) { return world_.crypto.digest_of(image); }
  bool asked_for(const std::string& request) const {
    const auto& log = world_.outbox.log;
    return std::find(log.begin(), log.end(), request) != log.end();
  }

  World world_;
  uint64_t seq_ = 0;
  uint32_t rollout_ = 0;
  const std::vector<uint8_t> first_ = make_image(1, 2200);
  const std::vector<uint8_t> second_ = vary(first_, 2);
  const std::vector<uint8_t> third_ = vary(second_, 3);
};

}  // namespace flotilla::edge::test
