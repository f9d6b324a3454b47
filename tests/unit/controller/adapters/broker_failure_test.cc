#include "controller/adapters/broker_failure.h"

#include <gtest/gtest.h>

#include "controller/adapters/backoff.h"

namespace flotilla::controller {
namespace {

BrokerAddress address() {
  BrokerAddress broker;
  broker.host = "broker.plant";
  return broker;
}

TEST(BrokerFailure, SaysWhoRefusedWhat) {
  EXPECT_EQ(explain_failure(address(), 0x86, "", ""),
            "broker at broker.plant:8883 refused the user name or password");
  EXPECT_EQ(explain_failure(address(), 0, "error:0A000412:SSL alert number 42: bad certificate",
                            "TCP/TLS connect failure"),
            "broker at broker.plant:8883 refused our certificate");
  EXPECT_EQ(
      explain_failure(address(), 0, "error:0A000086:certificate verify failed", "failure"),
      "broker at broker.plant:8883 presents a certificate that ca_file does not vouch for (or for "
      "another host name)");
  EXPECT_EQ(explain_failure(address(), 0, "", "TCP/TLS connect failure"),
            "broker at broker.plant:8883 could not be reached: TCP/TLS connect failure");
}

TEST(BrokerFailure, UnknownCodesKeepTheirNumber) {
  EXPECT_EQ(explain_refusal(0xEE), "reason code 238");
}

TEST(Backoff, FullJitterBelowTheCapAndAboveTheFloor) {
  const Backoff::Options options{milliseconds(50), milliseconds(500), seconds(30)};
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Backoff backoff(options, seed);
    for (int n = 0; n < 40; ++n) {
      const int64_t wait = backoff.next().ms;
      EXPECT_GE(wait, 50);
      EXPECT_LE(wait, n < 6 ? 500 << n : 30'000) << "seed " << seed << " attempt " << n;
    }
    backoff.reset();
    EXPECT_LE(backoff.next().ms, 500);
  }
}

}  // namespace
}  // namespace flotilla::controller
