#pragma once

#include <cstdint>
#include <string>

#include "schemas/base/status.h"

namespace flotilla::controller {

/// Part of a disk that new work may not touch: a database that fills its disk may not open again.
struct DiskReserve {
  uint32_t percent = 10;       ///< of the file system; 0: no reserve
  uint64_t most = 2ull << 30;  ///< bytes; a tenth of a large disk would be more than anyone needs
};

/// kResourceExhausted when less than the reserve is free on the file system of `path`.
Status check_reserve(const std::string& path, DiskReserve reserve);
/// kResourceExhausted when fewer than `bytes` are free.
Status check_room(const std::string& path, uint64_t bytes);

}  // namespace flotilla::controller
