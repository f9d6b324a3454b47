#include "edge-client/adapters/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace flotilla::edge {

Status StateLock::acquire(const std::string& state_folder) {
  const std::string path = state_folder + "/lock";
  Fd file = open_file(path, O_RDWR | O_CREAT, 0644);
  if (!file.valid()) return file_error(errno, "cannot open the lock file", path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return file_error(errno, "cannot lock", path);
    std::array<char, 32> pid{};
    const ssize_t n = ::pread(file.get(), pid.data(), pid.size(), 0);
    holder_.assign(pid.data(), n > 0 ? static_cast<size_t>(n) : 0);
    return {Code::kAlreadyExists, "the state folder is in use"};
  }
  const std::string pid = std::to_string(::getpid());
  // Only for the message above: the lock holds without it.
  if (::ftruncate(file.get(), 0) == 0) (void)write_all_at(file.get(), 0, as_bytes(pid));
  file_ = std::move(file);
  return ok_status();
}

}  // namespace flotilla::edge
