#include "controller/app/broker_rights.h"

#include <gtest/gtest.h>

namespace flotilla::controller::app {
namespace {

Device device(const std::string& id, const std::string& hardware_class, uint16_t shard) {
  Device out;
  out.id = id;
  out.hardware_class = hardware_class;
  out.shard = shard;
  return out;
}

TEST(BrokerRights, GoldenText) {
  std::map<std::string, Device> devices;
  devices["mic-01"] = device("mic-01", "mic-dsp", 0x3ff);
  devices["cam-01"] = device("cam-01", "cam-npu", 0x08c);
  devices["old"] = device("old", "cam-npu", 1);
  devices["old"].retired = true;
  EXPECT_EQ(broker_rights(Topics("plant/a"), devices, {"flotilla.controller", "flotilla.auditor"}),
            R"(# Written by flotilla from the enrolled devices; changes here are lost.

user flotilla.controller
topic read plant/a/v1/u/#
topic readwrite plant/a/v1/d/#
topic readwrite plant/a/v1/c/#
topic readwrite plant/a/v1/x/#

user flotilla.auditor
topic read plant/a/v1/x/#

user cam-01
topic write plant/a/v1/u/08c/cam-01/#
topic read plant/a/v1/d/cam-01/#
topic read plant/a/v1/c/cam-npu/#
topic read plant/a/v1/x/cam-npu/#

user mic-01
topic write plant/a/v1/u/3ff/mic-01/#
topic read plant/a/v1/d/mic-01/#
topic read plant/a/v1/c/mic-dsp/#
topic read plant/a/v1/x/mic-dsp/#
)");
}

TEST(BrokerRights, ANameThatADeviceCouldHaveGetsNoServiceRights) {
  const std::string text = broker_rights(Topics("p"), {}, {"controller", "auditor"});
  EXPECT_EQ(text.find("user"), std::string::npos) << text;
}

}  // namespace
}  // namespace flotilla::controller::app
