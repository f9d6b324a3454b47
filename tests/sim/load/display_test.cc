#include "simulator/load/display.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flotilla::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Display, ABarIsAsFullAsItsShare) {
  EXPECT_EQ(bar(0, 10, 10), "[..........]   0.0 %");
  EXPECT_EQ(bar(5, 10, 10), "[#####.....]  50.0 %");
  EXPECT_EQ(bar(10, 10, 10), "[##########] 100.0 %");
  EXPECT_EQ(bar(11, 10, 10), "[##########] 100.0 %");
  EXPECT_EQ(bar(0, 0, 10), "[..........]   0.0 %");
}

TEST(Display, RatesComeFromTwoSamples) {
  Sample before;
  Sample now;
  before.t = 10;
  now.t = 12;
  before.accepted = 100;
  now.accepted = 300;
  now.broker_cpu_s = 1;
  View view;
  view.stage = "update";
  view.devices = 400;
  view.enrolled = 400;
  view.connected = 300;
  view.rollouts = {{"update", {7, 5}}};
  view.now = &now;
  view.before = &before;
  const std::string text = picture(view);
  EXPECT_THAT(text, HasSubstr("100 connections/s"));
  EXPECT_THAT(text, HasSubstr("0.50 cores"));
  EXPECT_THAT(text, HasSubstr("300 of 400"));
  EXPECT_THAT(text, HasSubstr("troubles        none"));
  EXPECT_THAT(text, Not(HasSubstr("enrolled"))) << "done with that";
  EXPECT_THAT(summary_line(view), HasSubstr("update 7 staged 5 done"));
}

}  // namespace
}  // namespace flotilla::sim
