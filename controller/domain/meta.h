#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/base/time.h"

namespace flotilla::controller {

/// The counters of the control plane: one record, written with whatever used them.
struct Meta {
  uint64_t next_audit = 0;  ///< equals the number of audit entries
  uint32_t next_rollout = 1;
  uint64_t next_directive = 1;
  uint64_t next_outbox = 1;
  WallTime unknown_since;  ///< start of the interval in which these were audited
  std::vector<std::string> unknown_devices;
};

}  // namespace flotilla::controller
