#include "controller/app/cli/progress.h"

#include <gtest/gtest.h>

namespace flotilla::controller::app {
namespace {

api::Json rollout() {
  const api::Json counts = {
      {"total", 10}, {"confirmed", 4}, {"trial", 1}, {"reverted", 1}, {"pending", 4}};
  return {{"id", 7},
          {"model", "pose"},
          {"version", 2},
          {"state", "running"},
          {"state_reason", ""},
          {"counts", counts},
          {"failure_count", 1},
          {"classes", {{{"hardware_class", "cam-npu"}, {"counts", counts}}}},
          {"failures",
           {{{"device", "d3"},
             {"state", "reverted"},
             {"reason_text", "the application reported itself unhealthy"},
             {"detail", "score 0.2"}}}}};
}

TEST(Progress, OneLineHoldsStateAndCounts) {
  EXPECT_EQ(describe_rollout(rollout()),
            "rollout 7: pose version 2, running: 4 confirmed, 1 trial, 4 pending, 1 reverted");
}

TEST(Progress, ThePictureHasABarForEachClassAndTheFailures) {
  const std::string picture = draw_rollout(rollout(), 80);
  EXPECT_NE(picture.find("cam-npu ["), std::string::npos) << picture;
  EXPECT_NE(picture.find("###"), std::string::npos) << picture;
  EXPECT_NE(picture.find("d3 reverted: the application"), std::string::npos) << picture;
  EXPECT_NE(picture.find("score 0.2"), std::string::npos) << picture;
}

TEST(Progress, NoWidthAndNoNumberBreaksTheBar) {
  api::Json body = rollout();
  for (const size_t width : {0u, 1u, 40u, 60u, 500u}) {
    for (int confirmed : {0, 1, 10}) {
      body["classes"][0]["counts"]["confirmed"] = confirmed;
      const std::string picture = draw_rollout(body, width);
      const size_t open = picture.find('[');
      const size_t cells = picture.find(']') - open - 1;
      EXPECT_GE(cells, 10u);
      EXPECT_LE(cells, 40u);
    }
  }
}

TEST(Progress, LinesAreCutToTheTerminal) {
  EXPECT_EQ(fit_lines("abcdef\nab\n", 3), "abc\nab\n");
}

TEST(Progress, AnEmptyRolloutIsDrawnToo) {
  api::Json body = rollout();
  body["counts"] = api::Json::object();
  body["classes"][0]["counts"] = api::Json::object();
  body["failures"] = api::Json::array();
  EXPECT_NE(draw_rollout(body, 80).find("no device yet"), std::string::npos);
}

TEST(Progress, EndsAreKnown) {
  api::Json body = rollout();
  for (const char* state : {"completed", "halted", "rolled_back", "cancelled"}) {
    body["state"] = state;
    EXPECT_TRUE(is_over(body)) << state;
  }
  for (const char* state : {"draft", "preparing", "running", "holding", "rolling_back"}) {
    body["state"] = state;
    EXPECT_FALSE(is_over(body)) << state;
  }
}

}  // namespace
}  // namespace flotilla::controller::app
