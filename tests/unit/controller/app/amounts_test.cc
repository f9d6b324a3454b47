#include "controller/app/cli/amounts.h"

#include <gtest/gtest.h>

namespace flotilla::controller::app {
namespace {

TEST(Amounts, Durations) {
  EXPECT_EQ(parse_duration("90"), 90u);
  EXPECT_EQ(parse_duration("90s"), 90u);
  EXPECT_EQ(parse_duration("5m"), 300u);
  EXPECT_EQ(parse_duration("2h"), 7200u);
  EXPECT_EQ(parse_duration("30d"), 2592000u);
  for (const char* bad : {"", "s", "-1", "1w", "1.5h", "5 m", "99999999d"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Amounts, Shares) {
  EXPECT_TRUE(parse_share("10%")->is_percent);
  EXPECT_EQ(parse_share("10%")->number, 10u);
  EXPECT_FALSE(parse_share("3")->is_percent);
  for (const char* bad : {"", "%", "x%", "-1", "10%%"}) EXPECT_FALSE(parse_share(bad)) << bad;
}

TEST(Amounts, Variants) {
  const auto plain = parse_variant("cam=file.onnx");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->hardware_class, "cam");
  EXPECT_EQ(plain->file, "file.onnx");
  const auto full = parse_variant("mic=a=b.tflite,golden=g.bin,counter=4,runtime=tflite>=2");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->file, "a=b.tflite");
  EXPECT_EQ(full->golden, "g.bin");
  EXPECT_EQ(full->runtime, "tflite>=2");
  EXPECT_EQ(full->security_counter, 4u);
  for (const char* bad : {"", "cam", "=file", "cam=", "cam=f,golden",
                          "cam=f,golden=", "cam=f,counter=x", "cam=f,colour=red"}) {
    EXPECT_FALSE(parse_variant(bad)) << bad;
  }
}

}  // namespace
}  // namespace flotilla::controller::app
