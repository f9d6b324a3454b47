#pragma once

#include <cstdint>

#include "schemas/base/time.h"

namespace flotilla::sim {

/// One way of a device's connection to the broker.
struct LinkProfile {
  Duration latency = milliseconds(20);
  Duration jitter = milliseconds(10);
  uint32_t bytes_per_s = 0;                    ///< 0: as many as there are
  Duration unreachable_timeout = seconds(10);  ///< until an attempt into the void is given up
};

}  // namespace flotilla::sim
