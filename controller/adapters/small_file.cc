#include "controller/adapters/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "controller/adapters/file_descriptor.h"

namespace flotilla::controller {

Result<std::string> read_small_file(const std::string& path, size_t most) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return status_of_errno(errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return status_of_errno(errno);
  if (static_cast<uint64_t>(info.st_size) > most) {
    return Status(Code::kOutOfRange, "the file is too large");
  }
  std::string content(static_cast<size_t>(info.st_size), '\0');
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + done, content.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Status(Code::kDataLoss, "the file could not be read to its end");
    done += static_cast<size_t>(got);
  }
  return content;
}

Status create_file(const std::string& path, Bytes content, unsigned mode) {
  const FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, static_cast<mode_t>(mode)));
  if (!file.valid()) return status_of_errno(errno);
  const Status written = write_all(file.get(), content);
  if (written.ok() && ::fsync(file.get()) == 0) return ok_status();
  ::unlink(path.c_str());
  return written.ok() ? Status(Code::kUnavailable, "the file could not be synced") : written;
}

void forget(std::string& secret) {
  volatile char* at = secret.data();
  for (size_t i = 0; i < secret.size(); ++i) at[i] = 0;
  secret.clear();
}

}  // namespace flotilla::controller
