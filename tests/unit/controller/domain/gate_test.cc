#include "controller/domain/gate.h"

#include <gtest/gtest.h>

#include "controller/domain/wave_planner.h"
#include "schemas/base/prng.h"

namespace flotilla::controller {
namespace {

using gate::Input;
using gate::Verdict;

constexpr WallTime kOpened{1'000'000};
constexpr WallTime kLater{2'000'000};

Input canary(uint32_t members, uint32_t confirmed, uint32_t failures) {
  Input in;
  in.here = {members, confirmed, failures};
  in.total = in.here;
  in.opened = kOpened;
  in.last_outcome = kOpened;
  in.answer_by = kOpened + seconds(120);
  return in;
}

Input last_wave(gate::Count here, gate::Count total) {
  Input in = canary(0, 0, 0);
  in.wave = 1;
  in.last = true;
  in.here = here;
  in.total = total;
  return in;
}

Verdict verdict_of(const Input& in, const RolloutPolicy& policy = {}, WallTime now = kLater) {
  return gate::judge(in, policy, now).verdict;
}

TEST(Gate, HaltsOnFailuresAmongAttemptedDevicesOnly) {
  EXPECT_EQ(verdict_of(canary(100, 3, 1)), Verdict::kHalt) << "1 of 4, not 1 of 100";
  EXPECT_EQ(verdict_of(canary(5, 4, 1)), Verdict::kAdvance) << "20 % is not above 20 %";
  EXPECT_EQ(verdict_of(canary(1, 0, 1)), Verdict::kHalt);
}

TEST(Gate, HaltsAtOnceWhateverElseIsUnderWay) {
  Input in = canary(10, 1, 1);
  in.under_way = 8;
  EXPECT_EQ(verdict_of(in, {}, kOpened), Verdict::kHalt);
}

TEST(Gate, ACanaryOfEverybodyIsWhatAnEmptyLastWaveReports) {
  const auto decision = gate::judge(last_wave({0, 0, 0}, {3, 3, 0}), {}, kLater);
  EXPECT_EQ(decision.verdict, Verdict::kAdvance);
  EXPECT_EQ(decision.reason, "3 of 3 attempted devices confirmed");
}

TEST(Gate, MinimumSampleComesFirst) {
  RolloutPolicy policy;
  policy.min_attempted = 3;
  EXPECT_EQ(verdict_of(canary(6, 1, 1), policy), Verdict::kHold);
  EXPECT_EQ(verdict_of(canary(6, 2, 1), policy), Verdict::kHalt);
  EXPECT_EQ(verdict_of(canary(2, 1, 1), policy), Verdict::kHalt)
      << "a wave smaller than the sample";
  EXPECT_EQ(verdict_of(canary(2, 2, 0), policy), Verdict::kAdvance);
}

TEST(Gate, TheCanaryNeedsHalfOfItsDevices) {
  EXPECT_EQ(verdict_of(canary(5, 2, 0)), Verdict::kHold);
  EXPECT_EQ(verdict_of(canary(5, 3, 0)), Verdict::kAdvance);
}

TEST(Gate, WhoHasNeverReportedIsNoEvidenceAndNotMissed) {
  Input in = canary(10, 1, 0);
  in.here.absent = 8;
  EXPECT_EQ(verdict_of(in), Verdict::kAdvance) << "half of the two that are there";
  in = canary(3, 0, 0);
  in.here.absent = 3;
  EXPECT_EQ(verdict_of(in), Verdict::kHold) << "nothing advances on nobody's word";
  in = canary(3, 0, 1);
  in.here.absent = 2;
  RolloutPolicy policy;
  policy.min_attempted = 3;
  EXPECT_EQ(verdict_of(in, policy), Verdict::kHalt) << "all that are there failed";
}

TEST(Gate, HoldsWhileDevicesAreUnderWayOrExpected) {
  Input in = canary(4, 3, 0);
  in.under_way = 1;
  EXPECT_EQ(verdict_of(in), Verdict::kHold);
  in.under_way = 0;
  in.awaited = 1;
  EXPECT_EQ(verdict_of(in), Verdict::kHold);
}

TEST(Gate, SoaksAfterTheLastOutcome) {
  RolloutPolicy policy;
  policy.soak_s = 10;
  Input in = canary(2, 2, 0);
  in.last_outcome = kOpened + seconds(50);
  EXPECT_EQ(verdict_of(in, policy, kOpened + seconds(59)), Verdict::kHold);
  EXPECT_EQ(verdict_of(in, policy, kOpened + seconds(60)), Verdict::kAdvance);
}

TEST(Gate, AnEmptyWaveIsNotWatched) {
  EXPECT_EQ(verdict_of(canary(0, 0, 0), {}, kOpened), Verdict::kAdvance);
}

TEST(Gate, TheLastWaveIsNotJudgedBeforeAnybodyCouldAnswer) {
  const Input in = last_wave({50, 0, 0}, {55, 5, 0});
  EXPECT_EQ(verdict_of(in, {}, kOpened + seconds(60)), Verdict::kHold);
  EXPECT_EQ(verdict_of(in, {}, kOpened + seconds(120)), Verdict::kAdvance) << "all of it is silent";
}

TEST(Gate, OneUnluckyDeviceDoesNotOutweighTheCanary) {
  EXPECT_EQ(verdict_of(last_wave({50, 0, 1}, {60, 10, 1})), Verdict::kHalt)
      << "at the end of the wave its own devices count";
  Input in = last_wave({50, 0, 1}, {60, 10, 1});
  in.under_way = 49;
  EXPECT_EQ(verdict_of(in), Verdict::kHold) << "while it runs, all attempted devices do";
}

TEST(Gate, NothingCompletesWithoutAConfirmedDevice) {
  RolloutPolicy tolerant;
  tolerant.max_failure_percent = 100;
  EXPECT_EQ(verdict_of(last_wave({0, 0, 0}, {3, 0, 3}), tolerant), Verdict::kHold);
  EXPECT_EQ(verdict_of(last_wave({0, 0, 0}, {0, 0, 0}), tolerant), Verdict::kAdvance);
}

TEST(Gate, NeverAdvancesPastThePolicy) {
  constexpr uint64_t kSeed = 7;
  std::cout << "seed " << kSeed << "\n";
  Prng prng(kSeed);
  for (int i = 0; i < 100000; ++i) {
    RolloutPolicy policy;
    policy.max_failure_percent = prng.below(101);
    policy.min_attempted = 1 + prng.below(10);
    const uint32_t confirmed = prng.below(20);
    const uint32_t failures = prng.below(20);
    Input in = canary(confirmed + failures + prng.below(20), confirmed, failures);
    in.under_way = prng.below(2);
    if (verdict_of(in, policy) != Verdict::kAdvance) continue;
    EXPECT_EQ(in.under_way, 0u);
    EXPECT_LE(failures * 100, policy.max_failure_percent * (confirmed + failures));
    EXPECT_GE((confirmed + failures) * 2, in.here.members);
  }
}

TEST(WavePlanner, CanaryIsAtLeastOneAndAtMostAll) {
  RolloutPolicy policy;
  policy.canary_percent = 10;
  EXPECT_EQ(wave_planner::cap(policy, 0, 0), 0u);
  EXPECT_EQ(wave_planner::cap(policy, 0, 1), 1u);
  EXPECT_EQ(wave_planner::cap(policy, 0, 11), 2u);
  EXPECT_EQ(wave_planner::cap(policy, 0, 1'000'000), 100'000u);
  policy.canary_count = 30;
  EXPECT_EQ(wave_planner::cap(policy, 0, 11), 11u);
  EXPECT_EQ(wave_planner::cap(policy, 1, 11), 11u);
}

TEST(WavePlanner, CohortEndsAtTheLastDeviceOfTheCap) {
  RolloutPolicy policy;
  policy.canary_count = 2;
  const auto canary = wave_planner::cohort(policy, 0, {{5}, {70}, {900}});
  ASSERT_EQ(canary.size(), 1u);
  EXPECT_EQ(canary[0].low, 0u);
  EXPECT_EQ(canary[0].high, 70u);
  EXPECT_TRUE(canary[0].site.empty());
  EXPECT_EQ(wave_planner::cohort(policy, 1, {{5}, {70}, {900}})[0].high, UINT32_MAX);
  EXPECT_TRUE(wave_planner::cohort(policy, 0, {}).empty());
}

TEST(WavePlanner, TheCanaryLeavesOutWhoHasNeverReported) {
  RolloutPolicy policy;
  policy.canary_count = 3;
  const auto terms =
      wave_planner::cohort(policy, 0, {{5}, {70, false}, {80, false}, {90}, {95}, {99}});
  ASSERT_EQ(terms.size(), 2u);
  EXPECT_EQ(terms[0].low, 0u);
  EXPECT_EQ(terms[0].high, 5u);
  EXPECT_EQ(terms[1].low, 81u);
  EXPECT_EQ(terms[1].high, 95u);
  const auto nobody = wave_planner::cohort(policy, 0, {{1, false}, {2, false}, {3, false}, {4}});
  ASSERT_EQ(nobody.size(), 1u);
  EXPECT_EQ(nobody[0].low, 4u) << "one present device is preferred to three absent ones";
  EXPECT_EQ(wave_planner::cohort(policy, 0, {{1, false}, {2, false}})[0].high, 2u);
}

TEST(WavePlanner, ScatteredDevicesMakeTheCanarySmallerNeverLarger) {
  RolloutPolicy policy;
  policy.canary_count = 40;
  std::vector<wave_planner::Candidate> candidates;
  for (uint32_t i = 0; i < 100; ++i) candidates.push_back({UINT32_MAX - 99 + i, i % 2 == 1});
  const auto terms = wave_planner::cohort(policy, 0, candidates);
  ASSERT_EQ(terms.size(), kMaxCohortTerms);
  for (size_t i = 1; i < terms.size(); ++i) EXPECT_EQ(terms[i].low, terms[i].high);
  EXPECT_EQ(terms[0].low, UINT32_MAX - 98) << "the first device has never reported";
}

}  // namespace
}  // namespace flotilla::controller
