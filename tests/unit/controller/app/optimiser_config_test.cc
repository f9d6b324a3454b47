#include "controller/app/optimiser_config.h"

#include <gtest/gtest.h>

namespace flotilla::controller::app {
namespace {

TEST(OptimiserConfig, ShortAndLongForm) {
  OptimiserConfig config;
  const std::string wrong = read_optimisers(
      R"({"scratch": "/var/tmp", "namespaces": "when possible", "user": 1234,
          "limits": {"wall_s": 90},
          "commands": {"tvm": ["/opt/tvm", "-O2"],
                       "big": {"argv": ["/opt/big"], "readable": ["/opt/data"],
                               "limits": {"memory_mib": 8192}}}})",
      config);
  ASSERT_EQ(wrong, "");
  EXPECT_EQ(config.scratch, "/var/tmp");
  EXPECT_FALSE(config.walls.needs_namespaces);
  EXPECT_TRUE(config.walls.needs_landlock);
  EXPECT_EQ(config.walls.user, 1234u);
  EXPECT_EQ(config.commands.at("tvm").argv, (std::vector<std::string>{"/opt/tvm", "-O2"}));
  EXPECT_EQ(config.commands.at("tvm").limits.wall_s, 90u);
  EXPECT_EQ(config.commands.at("big").limits.wall_s, 90u);
  EXPECT_EQ(config.commands.at("big").limits.memory_mib, 8192u);
  EXPECT_EQ(config.commands.at("big").readable.size(), 1u);
}

TEST(OptimiserConfig, FaultsNameTheMember) {
  const auto wrong = [](const std::string& text) {
    OptimiserConfig config;
    return read_optimisers(text, config);
  };
  EXPECT_NE(wrong("[]"), "");
  EXPECT_NE(wrong(R"({"commands": {}})").find("commands"), std::string::npos);
  EXPECT_NE(wrong(R"({"commands": {"a": ["tvm"]}})").find("commands.a.argv"), std::string::npos);
  EXPECT_NE(wrong(R"({"commands": {"a": {"argv": ["/a"], "limit": 3}}})").find("limit"),
            std::string::npos);
  EXPECT_NE(wrong(R"({"namespaces": "no", "commands": {"a": ["/a"]}})").find("when possible"),
            std::string::npos);
  EXPECT_NE(wrong(R"({"user": 0, "commands": {"a": ["/a"]}})").find("user"), std::string::npos)
      << "root is no user for commands";
}

}  // namespace
}  // namespace flotilla::controller::app
