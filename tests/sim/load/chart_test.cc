#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulator/load/line_chart.h"
#include "simulator/load/number_text.h"

namespace flotilla::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Chart, AxesHaveRoundNumbersThatReachTheTop) {
  EXPECT_THAT(axis_ticks(100), ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_THAT(axis_ticks(7), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(axis_ticks(0), testing::SizeIs(testing::Ge(2)));
  for (const double top : {0.03, 1.7, 12.0, 999.0, 15000.0, 3.2e8}) {
    const std::vector<double> ticks = axis_ticks(top);
    EXPECT_GE(ticks.back(), top * 0.999999) << top;
    EXPECT_LE(ticks.size(), 9u) << top;
    EXPECT_GE(ticks.size(), 4u) << top;
  }
}

TEST(Chart, PointsLieWithinTheDrawingAndTextIsEscaped) {
  LineChart chart{"a < b", "", "x", "y", 0, {{"one", {{0, 0}, {10, 5}}}}, {{4, "R&D"}}};
  const std::string figure = to_figure(chart);
  EXPECT_THAT(figure, HasSubstr("a &lt; b"));
  EXPECT_THAT(figure, HasSubstr("R&amp;D"));
  // The axis begins left below and ends right above.
  EXPECT_THAT(figure, HasSubstr("points=\"64.0,236.0 704.0,26.0\""));
  EXPECT_THAT(figure, Not(HasSubstr("legend"))) << "one line needs none";
}

TEST(Chart, NoDataIsAnEmptyDrawing) {
  EXPECT_THAT(to_figure({"empty", "", "x", "y", 0, {{"nothing", {}}}, {}}),
              HasSubstr("points=\"\""));
}

TEST(Chart, ALongLineIsThinnedOutAndKeepsItsEnd) {
  ChartLine line{"long", {}};
  for (int i = 0; i <= 5000; ++i) line.points.push_back({double(i), double(i)});
  const std::string figure = to_figure({"long", "", "x", "y", 0, {line}, {}});
  EXPECT_LT(figure.size(), 20'000u);
  EXPECT_THAT(figure, HasSubstr(" 704.0,26.0\""));
}

TEST(NumberText, ReadsWell) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(123), "123");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(bytes_text(850), "850 B");
  EXPECT_EQ(bytes_text(12'800), "12.5 KiB");
  EXPECT_EQ(span_text(340), "340 ms");
  EXPECT_EQ(span_text(12'340), "12.3 s");
  EXPECT_EQ(span_text(245'000), "4:05 min");
  EXPECT_EQ(percent_text(0.1234), "12.3 %");
}

}  // namespace
}  // namespace flotilla::sim
