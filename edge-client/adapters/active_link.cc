#include "edge-client/adapters/active_link.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "edge-client/adapters/posix.h"

namespace flotilla::edge {
namespace {

Status remove_link(const ModelFolder& folder) {
  if (::unlink(folder.active_link().c_str()) != 0 && errno != ENOENT) {
    return file_error(errno, "cannot remove the active link", folder.active_link());
  }
  return sync_folder(folder.path());
}

Status make_read_only(const std::string& path) {
  const Fd file = open_file(path, O_RDONLY);
  if (!file.valid()) return file_error(errno, "cannot open the slot file", path);
  if (::fchmod(file.get(), 0444) != 0 || ::fsync(file.get()) != 0) {
    return file_error(errno, "cannot make the slot file read-only", path);
  }
  return ok_status();
}

}  // namespace

Slot read_active(const ModelFolder& folder) {
  std::array<char, 16> target{};
  const ssize_t n = ::readlink(folder.active_link().c_str(), target.data(), target.size());
  if (n < 0) return Slot::kNone;
  const std::string_view name(target.data(), static_cast<size_t>(n));
  for (Slot slot : {Slot::kA, Slot::kB}) {
    if (name == ModelFolder::slot_name(slot)) return slot;
  }
  return Slot::kNone;
}

Status set_active(const ModelFolder& folder, Slot slot) {
  if (slot == Slot::kNone) return remove_link(folder);
  FLOTILLA_TRY(make_read_only(folder.slot(slot)));
  if (read_active(folder) == slot) return sync_folder(folder.path());
  const std::string temporary = folder.active_link() + ".tmp";
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
    return file_error(errno, "cannot remove a temporary link", temporary);
  }
  // Relative, so that the state folder can be moved or mounted elsewhere.
  if (::symlink(ModelFolder::slot_name(slot), temporary.c_str()) != 0) {
    return file_error(errno, "cannot make the active link", temporary);
  }
  if (std::rename(temporary.c_str(), folder.active_link().c_str()) != 0) {
    return file_error(errno, "cannot rename the active link", folder.active_link());
  }
  return sync_folder(folder.path());
}

}  // namespace flotilla::edge
