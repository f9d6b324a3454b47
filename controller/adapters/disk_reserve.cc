#include "controller/adapters/disk_reserve.h"

#include <sys/statvfs.h>

#include <algorithm>

namespace flotilla::controller {

namespace {

constexpr Status kUnknown{Code::kUnavailable, "the free space of the disk is unknown"};

}  // namespace

Status check_reserve(const std::string& path, DiskReserve reserve) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return kUnknown;
  const uint64_t share = static_cast<uint64_t>(info.f_blocks) / 100 * reserve.percent;
  const uint64_t needed = std::min<uint64_t>(share, reserve.most / info.f_frsize);
  if (info.f_bavail >= needed) return ok_status();
  return {Code::kResourceExhausted,
          "the disk's free space is below the reserve; free some, or lower disk-reserve"};
}

Status check_room(const std::string& path, uint64_t bytes) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return kUnknown;
  if (info.f_bavail >= bytes / info.f_frsize) return ok_status();
  return {Code::kResourceExhausted, "the disk is full"};
}

}  // namespace flotilla::controller
