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

/// Bytes on the disk below a folder; links are not followed. Stops counting at `enough`. What it
/// cannot look at counts as `enough`, and so do 100,000 entries and 64 folders in each other.
uint64_t disk_use(const std::string& folder, uint64_t enough);

/// Bytes that are free on the file system of a folder; 0 when nobody knows.
uint64_t free_space(const std::string& folder);

/// Removes a folder whatever modes the folders in it have. No process may work there any more.
void remove_folder(const std::string& folder);

}  // namespace flotilla::controller
