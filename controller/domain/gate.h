#pragma once

#include <cstdint>
#include <string>

#include "controller/domain/records.h"

/// Judges a wave. Pure: numbers in, decision out. Only devices that have tried count; silent ones
/// neither block nor dilute.
namespace flotilla::controller::gate {

struct Count {
  uint32_t members = 0;
  uint32_t confirmed = 0;
  uint32_t failures = 0;  ///< reverted, rejected or failed
  uint32_t absent = 0;    ///< have never reported: debt, not evidence
  uint32_t attempted() const { return confirmed + failures; }
  uint32_t present() const { return members - absent; }
};

struct Input {
  uint32_t wave = 0;
  bool last = false;       ///< no wave follows: to advance is to complete
  Count here;              ///< of this wave
  Count total;             ///< of the rollout so far
  uint32_t under_way = 0;  ///< transferring or staged and heard from, or in trial; of any wave
  uint32_t awaited = 0;    ///< pending or offered, reachable, and with time left to answer
  WallTime opened;
  WallTime last_outcome;
  WallTime answer_by;  ///< a last wave in which nobody tried is not judged before
};

enum class Verdict : uint8_t { kAdvance, kHold, kHalt };

struct Decision {
  Verdict verdict = Verdict::kHold;
  std::string reason;
};

Decision judge(const Input& input, const RolloutPolicy& policy, WallTime now);

}  // namespace flotilla::controller::gate
