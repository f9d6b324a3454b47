#include "controller/app/build_progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flotilla::controller::app {
namespace {

using ::testing::ElementsAre;

TEST(BuildProgressTest, OneLineInTenSeconds) {
  std::vector<std::string> lines;
  const auto log = [&lines](LogLevel, const char* event, std::initializer_list<LogField> fields) {
    std::string line = event;
    for (const LogField& field : fields)
      line += std::string(" ") + field.first + "=" + field.second;
    lines.push_back(line);
  };
  const BuildProgress::Clock::time_point start{};
  BuildProgress progress(log, 7, "mcu", start);
  for (int second = 0; second <= 21; ++second) {
    progress.show({"encoding", static_cast<size_t>(second), 30},
                  start + std::chrono::seconds(second));
  }
  EXPECT_THAT(lines,
              ElementsAre("build_progress rollout=7 class=mcu step=encoding done=10 total=30",
                          "build_progress rollout=7 class=mcu step=encoding done=20 total=30"));
}

}  // namespace
}  // namespace flotilla::controller::app
