#include "simulator/load/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flotilla::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

Sample sample_at(double t, uint64_t connected, uint64_t confirmed) {
  Sample out;
  out.t = t;
  out.connected = connected;
  out.accepted = connected;
  out.confirmed = {confirmed, 0};
  out.staged = {confirmed, 0};
  out.broker_mib = 10 * t;
  return out;
}

LoadReport example() {
  LoadReport report;
  report.command = "flotilla-sim load --devices 100 <x>";
  report.began = "2030-01-01T00:00:00Z";
  report.ending = "complete";
  report.devices = 100;
  report.transport = "TCP";
  report.phases.resize(1);
  PhaseReport& phase = report.phases[0];
  phase.name = "install";
  phase.state = "completed";
  phase.reached = {{"staged", 100}, {"confirmed", 98}, {"reverted", 2}};
  phase.confirmed_ms = {98, 1000, 2000, 3000, 4000, 5000};
  phase.bytes_curve = {1024, 2048};
  phase.chunk_bytes = 1100;
  phase.needed_bytes = 1000;
  report.herd.happened = true;
  report.herd.window_s = 20;
  report.herd.devices = report.herd.back = 100;
  report.herd.last_back_s = 21.5;
  report.herd.within_goal = true;
  report.troubles = {{"connection lost", 100}};
  report.samples = {sample_at(0, 0, 0), sample_at(1, 100, 50), sample_at(2, 100, 98)};
  return report;
}

TEST(LoadReport, SurvivesItsFile) {
  const LoadReport report = example();
  const LoadReport again = report_from_json(to_json(report));
  EXPECT_EQ(to_json(again), to_json(report));
  EXPECT_EQ(again.phases.at(0).reached.at("confirmed"), 98u);
  EXPECT_EQ(again.samples.size(), 3u);
}

TEST(LoadReport, OtherFilesAreRefused) {
  EXPECT_ANY_THROW((void)report_from_json("{}"));
  EXPECT_ANY_THROW((void)report_from_json("no JSON"));
  LoadReport report = example();
  report.format = 2;
  EXPECT_ANY_THROW((void)report_from_json(to_json(report)));
}

TEST(LoadReport, RepairsAreWhatWasReceivedBeyondTheNeed) {
  EXPECT_NEAR(repair_ratio(example().phases[0]), 0.1, 1e-9);
  EXPECT_EQ(repair_ratio(PhaseReport{}), 0);
}

TEST(LoadReport, TextSaysWhatMatters) {
  const std::string text = to_text(example());
  EXPECT_THAT(text, HasSubstr("98 of 100"));
  EXPECT_THAT(text, HasSubstr("reverted"));
  EXPECT_THAT(text, HasSubstr("2.0 s, 4.0 s, 5.0 s"));
  EXPECT_THAT(text, HasSubstr("21.5 s (window 20 s)"));
  EXPECT_THAT(text, HasSubstr("connection lost"));
}

TEST(LoadReport, ComparisonHasALineForWhatOnlyOneHas) {
  LoadReport other = example();
  other.herd.happened = false;
  other.troubles = {{"broker silent", 3}};
  other.phases[0].reached["confirmed"] = 100;
  const std::string text = compare(example(), other);
  EXPECT_THAT(text, testing::ContainsRegex("install: confirmed +98 of 100 +100 of 100\n"));
  EXPECT_THAT(text, testing::ContainsRegex("herd: wasted handshakes +0 +-\n"));
  EXPECT_THAT(text, testing::ContainsRegex("broker silent +- +3\n"));
}

TEST(LoadReport, ThePageNeedsNothingElse) {
  const std::string page = to_html(example());
  EXPECT_THAT(page, HasSubstr("<meta name=\"viewport\""));
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme:dark"));
  EXPECT_THAT(page, HasSubstr("--devices 100 &lt;x&gt;"));
  EXPECT_THAT(page, HasSubstr("Fleet completion"));
  EXPECT_THAT(page, HasSubstr("broker killed"));
  for (const char* outside : {"http:", "https:", "src=", "href=", "url(", "@import", "<script"}) {
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  }
}

TEST(LoadReport, APageOfARunThatBrokeOffAtOnce) {
  LoadReport report;
  report.ending = "the broker ended: <no>";
  const std::string page = to_html(report);
  EXPECT_THAT(page, HasSubstr("incomplete"));
  EXPECT_THAT(page, HasSubstr("&lt;no&gt;"));
}

}  // namespace
}  // namespace flotilla::sim
