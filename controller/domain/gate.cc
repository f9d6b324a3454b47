#include "controller/domain/gate.h"

#include <algorithm>

#include "controller/domain/text.h"

namespace flotilla::controller::gate {
namespace {

Decision hold(std::string reason) {
  return {Verdict::kHold, std::move(reason)};
}

bool is_failing(const Count& count, uint32_t min_attempted, const RolloutPolicy& policy) {
  const uint64_t failures = uint64_t{count.failures} * 100;
  const uint64_t allowed = uint64_t{policy.max_failure_percent} * count.attempted();
  return count.attempted() >= min_attempted && failures > allowed;
}

Decision halt(const Count& count, const RolloutPolicy& policy, std::string_view whose) {
  return {Verdict::kHalt, cat(count.failures, " of ", count.attempted(), " attempted devices ",
                              whose, " failed, more than ", policy.max_failure_percent, " %")};
}

/// Devices of the wave that must have tried before it is judged.
uint32_t evidence(const Input& in, const RolloutPolicy& policy) {
  if (in.last || in.here.members == 0) return 0;
  const uint32_t wanted = std::min(policy.min_attempted, in.here.present());
  if (in.wave != 0) return wanted;
  return std::max({wanted, (in.here.present() + 1) / 2, uint32_t{1}});
}

std::string absent_note(const Count& count) {
  return count.absent == 0 ? "" : cat("; ", count.absent, " have not reported yet");
}

/// What the wave still waits for; empty when it can be judged.
std::string waits_for(const Input& in, const RolloutPolicy& policy, WallTime now) {
  if (in.under_way > 0) return cat("waits for ", devices(in.under_way), " under way");
  if (in.awaited > 0) return cat("waits for ", devices(in.awaited), " to answer");
  const uint32_t needed = evidence(in, policy);
  if (in.here.attempted() < needed) {
    return cat(in.here.attempted(), " of the wave's ", devices(in.here.members), " tried, ", needed,
               " needed", absent_note(in.here));
  }
  if (in.here.present() == 0) return "";
  if (in.here.attempted() == 0 && now < in.answer_by) return "waits for devices to answer";
  if (now < std::max(in.opened, in.last_outcome) + seconds(policy.soak_s)) return "soaks";
  return "";
}

}  // namespace

Decision judge(const Input& in, const RolloutPolicy& policy, WallTime now) {
  if (is_failing(in.total, policy.min_attempted, policy))
    return halt(in.total, policy, "of the rollout");
  if (std::string reason = waits_for(in, policy, now); !reason.empty())
    return hold(cat("wave ", in.wave, ": ", reason));
  if (is_failing(in.here, std::min(policy.min_attempted, in.here.present()), policy))
    return halt(in.here, policy, "of the wave");
  if (in.last && in.total.confirmed == 0 && in.total.members > 0)
    return hold(cat("wave ", in.wave, ": no device has confirmed yet", absent_note(in.total)));
  // A canary of everybody leaves the next wave empty.
  const bool counts_all = in.here.present() == 0;
  const Count& judged = counts_all ? in.total : in.here;
  return {Verdict::kAdvance,
          cat(counts_all ? "" : cat("wave ", in.wave, ": "), judged.confirmed, " of ",
              judged.attempted(), " attempted devices confirmed", absent_note(in.total))};
}

}  // namespace flotilla::controller::gate
