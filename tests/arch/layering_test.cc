#include "tests/arch/layering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flotilla::arch {
namespace {

const std::vector<std::string> kFolders = {"schemas", "edge-client", "controller", "simulator",
                                           "tests"};

std::map<std::string, Layer> rules() {
  return parse_layering(read_lines(source_root() / "tests/arch/layering.txt"));
}

TEST(Layering, EverySourceFileKeepsTheDependencyRule) {
  const auto layers = rules();
  const auto files = read_sources(kFolders);
  EXPECT_GT(files.size(), 100u) << "the test does not see the tree";
  for (const SourceFile& file : files) {
    for (const std::string& violation : violations(layers, file)) ADD_FAILURE() << violation;
  }
}

TEST(Layering, EveryLayerOfTheRuleExists) {
  for (const auto& [name, layer] : rules()) {
    EXPECT_TRUE(std::filesystem::exists(source_root() / name)) << name;
  }
}

TEST(Layering, PlantedViolationsAreCaught) {
  const auto layers = rules();
  const auto caught = [&](const std::string& path, const std::string& line) {
    return violations(layers, {path, {line}}).size();
  };
  EXPECT_EQ(caught("edge-client/core/x.cc", "#include \"schemas/wire/wire.h\""), 1u);
  EXPECT_EQ(caught("edge-client/core/x.cc", "#include <chrono>"), 1u);
  EXPECT_EQ(caught("edge-client/core/x.cc", "#include <unistd.h>"), 1u);
  EXPECT_EQ(caught("edge-client/core/x.cc", "#include <mbedtls/sha256.h>"), 1u);
  EXPECT_EQ(caught("edge-client/app/x.cc", "#include \"controller/domain/event.h\""), 1u);
  EXPECT_EQ(caught("controller/domain/x.cc", "#include <nlohmann/json.hpp>"), 1u);
  EXPECT_EQ(caught("controller/domain/x.cc", "#include <unordered_map>"), 1u);
  EXPECT_EQ(caught("controller/api/x.cc", "#include \"controller/adapters/x.h\""), 1u);
  EXPECT_EQ(caught("schemas/protocol/x.cc", "#include \"edge-client/core/device.h\""), 1u);
  EXPECT_EQ(caught("simulator/broker/x.cc", "#include \"edge-client/mqtt/session.h\""), 1u);
  EXPECT_EQ(caught("simulator/device/x.cc", "#include \"controller/domain/event.h\""), 1u);
  EXPECT_EQ(caught("simulator/control/x.cc", "#include \"edge-client/core/device.h\""), 1u);
  EXPECT_EQ(caught("elsewhere/x.cc", ""), 1u);
  EXPECT_EQ(caught("edge-client/core/x.cc", "#include <array>"), 0u);
}

}  // namespace
}  // namespace flotilla::arch
