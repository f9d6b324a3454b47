#include "controller/adapters/disk_reserve.h"

#include <sys/statvfs.h>

namespace flotilla::controller {

Status check_reserve(const std::string& path, DiskReserve reserve) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) {
    return {Code::kUnavailable, "the free space of the disk is unknown"};
  }
  const uint64_t needed = static_cast<uint64_t>(info.f_blocks) / 100 * reserve.percent;
  if (info.f_bavail >= needed) return ok_status();
  return {Code::kResourceExhausted, "the disk's free space is below the reserve"};
}

}  // namespace flotilla::controller
