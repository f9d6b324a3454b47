#include <gtest/gtest.h>

#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

TEST(DeviceApi, EnrolsByCertificate) {
  ApiWorld world;
  const auto device = world.expect(201, world.send("POST", "/api/v1/devices",
                                                   {{"certificate", "CERT cam-01"},
                                                    {"hardware_class", "cam-npu"},
                                                    {"site", "hall-3"},
                                                    {"labels", {{"line", "7"}}}}));
  EXPECT_EQ(device["id"], "cam-01");
  EXPECT_EQ(device["state"], "silent");
  EXPECT_EQ(device["labels"]["line"], "7");
  EXPECT_EQ(device["public_key"].get<std::string>().substr(0, 4), "0909");
  EXPECT_EQ(world.expect(200, world.send("GET", "/api/v1/devices/cam-01")), device);
  ASSERT_FALSE(world.effects.empty());
  EXPECT_TRUE(std::holds_alternative<controller::RegenerateRights>(world.effects.back()));
}

TEST(DeviceApi, RefusesEnrolmentsThatDoNotAddUp) {
  ApiWorld world;
  const auto refuse = [&](nlohmann::json body) {
    if (!body.contains("hardware_class")) body["hardware_class"] = "cam";
    return world.expect_problem(400, world.send("POST", "/api/v1/devices", body));
  };
  const std::string key(128, 'a');
  refuse({{"id", "d1"}});
  refuse({{"certificate", "nonsense"}});
  refuse({{"id", "d1"}, {"public_key", "abc"}});
  refuse({{"certificate", "CERT d1"}, {"public_key", key}});
  refuse({{"certificate", "CERT flotilla.controller"}});
  refuse({{"id", "flotilla.x"}, {"public_key", key}});
  refuse({{"certificate", "CERT d1"}, {"hardware_class", "Cam"}});
  refuse({{"certificate", "CERT d1"}, {"colour", "red"}});
  const std::string both = refuse({{"id", "d2"}, {"certificate", "CERT d1"}});
  EXPECT_NE(both.find("d1"), std::string::npos) << both;
  EXPECT_NE(both.find("d2"), std::string::npos) << both;
  EXPECT_TRUE(world.plane.devices().empty());
}

TEST(DeviceApi, AnotherClassNeedsRetirementFirst) {
  ApiWorld world;
  world.enrol("d1", "cam");
  world.expect_problem(409, world.send("POST", "/api/v1/devices",
                                       {{"certificate", "CERT d1"}, {"hardware_class", "mic"}}));
  EXPECT_EQ(world.expect(200, world.send("DELETE", "/api/v1/devices/d1"))["state"], "retired");
  world.expect(201, world.send("POST", "/api/v1/devices",
                               {{"certificate", "CERT d1"}, {"hardware_class", "mic"}}));
}

TEST(DeviceApi, ListsByPagesAndFilters) {
  ApiWorld world;
  for (int i = 0; i < 5; ++i) world.enrol("cam-" + std::to_string(i), "cam");
  world.enrol("mic-0", "mic");
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const auto page =
        world.expect(200, world.send("GET", "/api/v1/devices?class=cam&limit=2&cursor=" + cursor));
    for (const auto& device : page["devices"]) seen.push_back(device["id"]);
    cursor = page["next"].is_null() ? "" : page["next"].get<std::string>();
  } while (!cursor.empty());
  EXPECT_EQ(seen, (std::vector<std::string>{"cam-0", "cam-1", "cam-2", "cam-3", "cam-4"}));

  world.expect(200, world.send("DELETE", "/api/v1/devices/cam-3"));
  const auto retired = world.expect(200, world.send("GET", "/api/v1/devices?state=retired"));
  ASSERT_EQ(retired["devices"].size(), 1u);
  EXPECT_EQ(retired["devices"][0]["id"], "cam-3");
  for (const char* limit : {"0", "1001", "x", "-1", ""}) {
    world.expect_problem(400, world.send("GET", std::string("/api/v1/devices?limit=") + limit));
  }
}

TEST(DeviceApi, UnknownDevicesAreNotFound) {
  ApiWorld world;
  world.expect_problem(404, world.send("GET", "/api/v1/devices/d1"));
  world.expect_problem(404, world.send("GET", "/api/v1/devices/d1/why"));
  world.expect_problem(404, world.send("DELETE", "/api/v1/devices/d1"));
}

}  // namespace
}  // namespace flotilla::testing
