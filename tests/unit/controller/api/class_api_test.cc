#include <gtest/gtest.h>

#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

TEST(ClassApi, MakesChangesAndLists) {
  ApiWorld world;
  const auto made =
      world.expect(201, world.send("PUT", "/api/v1/classes/cam-npu", {{"slot_size", 65536}}));
  EXPECT_EQ(made["slot_size"], 65536);
  EXPECT_EQ(made["chunk_max"], kDefaultChunkMax);
  const auto changed =
      world.expect(200, world.send("PUT", "/api/v1/classes/cam-npu", {{"erase_unit", 512}}));
  EXPECT_EQ(changed["slot_size"], 65536) << "what is not named stays";
  EXPECT_EQ(changed["erase_unit"], 512);
  EXPECT_EQ(world.expect(200, world.send("GET", "/api/v1/classes/cam-npu")), changed);
  const auto list = world.expect(200, world.send("GET", "/api/v1/classes"));
  EXPECT_EQ(list["classes"], nlohmann::json::array({changed}));
}

TEST(ClassApi, RefusesWhatNoDeviceCouldBe) {
  ApiWorld world;
  const auto refuse = [&](const nlohmann::json& body) {
    return world.expect_problem(400, world.send("PUT", "/api/v1/classes/cam", body));
  };
  EXPECT_NE(refuse({{"slot_size", 1}}).find("4096"), std::string::npos);
  EXPECT_NE(refuse({{"erase_unit", 1000}}).find("power of two"), std::string::npos);
  refuse({{"chunk_max", kChunkMaxLimit + 1}});
  refuse({{"slots", 1}});
  refuse(nlohmann::json::array());
  world.expect_problem(400, world.send("PUT", "/api/v1/classes/Cam!", nlohmann::json::object()));
  world.expect_problem(404, world.send("GET", "/api/v1/classes/cam"));
  EXPECT_TRUE(world.plane.classes().empty());
}

}  // namespace
}  // namespace flotilla::testing
