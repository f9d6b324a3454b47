#include "simulator/load/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace flotilla::sim {
namespace {

using testing::HasSubstr;

TEST(LoadOptions, DefaultsGrowWithTheFleet) {
  const ParsedLoad parsed = parse_load({"--devices", "15000", "--crash", "5"});
  ASSERT_TRUE(parsed.options) << parsed.text;
  EXPECT_EQ(parsed.options->reconnect_window_s, 30u);
  EXPECT_EQ(parsed.options->ramp_s, 30u);
  EXPECT_EQ(parsed.options->misbehaviour.crash, 5u);
  EXPECT_EQ(parsed.options->command_line, "flotilla-sim load --devices 15000 --crash 5");
}

TEST(LoadOptions, HandshakesTakeTime) {
  const ParsedLoad parsed = parse_load({"--devices", "2000", "--tls"});
  ASSERT_TRUE(parsed.options) << parsed.text;
  EXPECT_EQ(parsed.options->reconnect_window_s, 40u);
  EXPECT_EQ(parsed.options->ramp_s, 40u);
}

struct Refused {
  std::vector<std::string> arguments;
  std::string why;
};

TEST(LoadOptions, RefusalsSayWhatToDo) {
  const std::vector<Refused> cases = {
      {{"--devices", "0"}, "--devices"},
      {{"--devices", "many"}, "--devices"},
      {{"--link", "smooth"}, "--link"},
      {{"--unknown"}, "--unknown"},
      {{"--crash", "60", "--revert", "60"}, "100 %"},
      {{"--brokers", "2"}, "--processes must be at least --brokers"},
      {{"--image-kib", "4096", "--chunk", "1024"}, "larger --chunk"},
      {{"--broker", "10.0.0.1:1883"}, "belong together"},
      {{"--broker", "10.0.0.1:1883", "--controller", "http://x"}, "--confirm 10.0.0.1:1883"},
      {{"--broker", "10.0.0.1:1883", "--controller", "http://x", "--confirm", "10.0.0.2:1883"},
       "--confirm 10.0.0.1:1883"},
      {{"--broker", "10.0.0.1:1883", "--controller", "http://x", "--confirm", "10.0.0.1:1883"},
       "--token-file and --keyset"},
  };
  for (const Refused& refused : cases) {
    const ParsedLoad parsed = parse_load(refused.arguments);
    EXPECT_FALSE(parsed.options) << refused.why;
    EXPECT_EQ(parsed.exit_code, 2) << refused.why;
    EXPECT_THAT(parsed.text, HasSubstr(refused.why));
  }
}

TEST(LoadOptions, HelpIsNoError) {
  const ParsedLoad parsed = parse_load({"--help"});
  EXPECT_FALSE(parsed.options);
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_THAT(parsed.text, HasSubstr("--restart-broker"));
}

TEST(LoadOptions, ATooSmallHardLimitOfDescriptorsIsToldWithTheWayOut) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  if (before.rlim_max == RLIM_INFINITY || before.rlim_max > 900'000) GTEST_SKIP();
  const ParsedLoad one = parse_load({"--devices", "1000000"});
  ASSERT_TRUE(one.options);
  EXPECT_THAT(raise_descriptor_limit(*one.options), HasSubstr("--brokers"));
  const ParsedLoad few = parse_load({"--devices", "10"});
  ASSERT_TRUE(few.options);
  EXPECT_EQ(raise_descriptor_limit(*few.options), "");
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max) << "the soft limit is raised";
}

}  // namespace
}  // namespace flotilla::sim
