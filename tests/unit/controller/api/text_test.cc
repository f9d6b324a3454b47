#include "controller/api/text.h"

#include <gtest/gtest.h>

#include <set>

#include "controller/api/reasons.h"

namespace flotilla::controller::api {
namespace {

TEST(Text, InstantsAreRfc3339) {
  EXPECT_EQ(time_text(WallTime{}), "");
  EXPECT_EQ(time_text(WallTime{1}), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(time_text(WallTime{951'782'400'000}), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(time_text(WallTime{1'800'000'000'123}), "2027-01-15T08:00:00.123Z");
  EXPECT_EQ(time_text(WallTime{kMaxWallTimeMs}), "9999-12-31T23:59:59.999Z");
}

TEST(Text, SpansGrowWithTheirUnits) {
  EXPECT_EQ(span_text(seconds(90)), "90 s");
  EXPECT_EQ(span_text(seconds(600)), "10 min");
  EXPECT_EQ(span_text(seconds(3 * 3600)), "3 h");
  EXPECT_EQ(span_text(seconds(5 * 86400)), "5 days");
}

TEST(Reasons, EachHasItsOwnNameItsWordsAndARemedy) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(kLastReason); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_TRUE(names.insert(reason_name(reason)).second) << reason_name(reason);
    EXPECT_STRNE(reason_text(reason), "");
    EXPECT_STRNE(reason_remedy(reason), "");
  }
  EXPECT_STREQ(reason_name(Reason::kImageTooLarge), "image_too_large");
  EXPECT_STREQ(reason_name(Reason::kUnhealthy), "unhealthy");
  EXPECT_STREQ(reason_name(Reason::kAttemptsExhausted), "attempts_exhausted");
  EXPECT_STREQ(reason_name(static_cast<Reason>(200)), "unknown");
}

}  // namespace
}  // namespace flotilla::controller::api
