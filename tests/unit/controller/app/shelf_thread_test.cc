#include "controller/app/shelf_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/adapters/mbed_hasher.h"
#include "simulator/control/memory_artifacts.h"
#include "tests/support/adapter_fake_broker.h"

namespace flotilla::controller::app {
namespace {

using testing::FakeBroker;
using ::testing::HasSubstr;

class ShelfThreadTest : public ::testing::Test {
 protected:
  /// The next fact that the shelf hands to the loop.
  template <typename Kind>
  Kind next() {
    for (int i = 0; i < 100; ++i) {
      for (Mail& mail : mailbox_.take(1, 100)) {
        if (const auto* found = std::get_if<Kind>(&std::get<Fact>(mail).event)) return *found;
      }
    }
    ADD_FAILURE() << "no fact came";
    return {};
  }

  MbedHasher hasher_;
  flotilla::sim::MemoryArtifacts artifacts_{hasher_};
  FakeBroker broker_;
  FakeBroker::Connection publisher_{broker_};
  FakeBroker::Connection auditor_{broker_};
  const Topics topics_{"p"};
  Mailbox mailbox_;
  ShelfThread shelf_{{topics_, hasher_, publisher_, auditor_, artifacts_, mailbox_}};
};

TEST_F(ShelfThreadTest, APayloadFileThatIsGoneIsAFactThatAsksForABuild) {
  shelf_.start();
  PlaceTransfer lost;
  lost.transfer.id = 7;
  lost.transfer.payload_file = hasher_.sha256({as_bytes("never stored")});
  shelf_.place(lost);
  const auto refused = next<TransferRefused>();
  EXPECT_EQ(refused.transfer, 7u);
  EXPECT_TRUE(refused.needs_build);
  EXPECT_THAT(refused.reason, HasSubstr("payload file: no such artifact"));
}

TEST_F(ShelfThreadTest, APayloadFileThatIsDamagedIsAFactThatAsksForABuild) {
  shelf_.start();
  PlaceTransfer damaged;
  damaged.transfer.id = 8;
  damaged.transfer.payload_file = artifacts_.add("no payload file at all");
  shelf_.place(damaged);
  const auto refused = next<TransferRefused>();
  EXPECT_EQ(refused.transfer, 8u);
  EXPECT_TRUE(refused.needs_build);
}

}  // namespace
}  // namespace flotilla::controller::app
