#pragma once

#include <cstdint>

namespace flotilla::controller {

struct ControlPlaneConfig {
  uint32_t keyset_epoch = 1;              ///< stamped into directives
  uint64_t retained_budget = 256u << 20;  ///< bytes of payloads at rest in the broker
  uint32_t reconnect_window_s = 10;       ///< announced in acknowledgements
};

}  // namespace flotilla::controller
