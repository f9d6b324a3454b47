#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace flotilla::controller {

/// What the processes of a group use together, but for its leader.
struct GroupUse {
  uint32_t threads = 0;
  uint64_t resident_bytes = 0;
};

GroupUse use_of_group(pid_t group);

/// Bytes on the disk below a folder; links are not followed. Stops counting at `enough`, and at
/// 100,000 entries, which count as `enough`.
uint64_t disk_use(const std::string& folder, uint64_t enough);

}  // namespace flotilla::controller
