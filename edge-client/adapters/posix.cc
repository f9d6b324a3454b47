#include "edge-client/adapters/posix.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "edge-client/adapters/log.h"

namespace flotilla::edge {

void Fd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

MonoTime monotonic_now() {
  timespec now{};
  FLOTILLA_ASSERT(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
  return MonoTime{int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000};
}

Status status_of(int error, const char* reason) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EAGAIN:
      return {Code::kResourceExhausted, reason};
    case ENOENT:
      return {Code::kNotFound, reason};
    case EACCES:
    case EPERM:
    case EROFS:
      return {Code::kPermissionDenied, reason};
    case EIO:
    case ENODATA:
      return {Code::kDataLoss, reason};
    default:
      return {Code::kInternal, reason};
  }
}

Status file_error(int error, const char* reason, const std::string& path) {
  const Status status = status_of(error, reason);
  log_error("file").add("what", reason).add("path", path).add("error", std::strerror(error));
  return status;
}

Fd open_file(const std::string& path, int flags, mode_t mode) {
  for (;;) {
    Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (fd.valid() || errno != EINTR) return fd;
  }
}

int write_all_at(int fd, uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return ENOSPC;
    bytes = bytes.subspan(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return 0;
}

int read_all_at(int fd, uint64_t offset, MutableBytes out) {
  while (!out.empty()) {
    const ssize_t n = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return ENODATA;
    out = out.subspan(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return 0;
}

Status sync_folder(const std::string& path) {
  const Fd fd = open_file(path, O_RDONLY | O_DIRECTORY);
  if (!fd.valid()) return file_error(errno, "cannot open the folder", path);
  if (::fsync(fd.get()) != 0) return file_error(errno, "cannot sync the folder", path);
  return ok_status();
}

Status make_folders(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    return S_ISDIR(info.st_mode) ? ok_status()
                                 : file_error(ENOTDIR, "a file is in the folder's place", path);
  }
  const size_t slash = path.find_last_of('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash);
  if (!parent.empty()) FLOTILLA_TRY(make_folders(parent));
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
    return file_error(errno, "cannot make the folder", path);
  }
  return sync_folder(parent.empty() ? "/" : parent);
}

Result<std::string> read_small_file(const std::string& path, size_t limit) {
  const Fd fd = open_file(path, O_RDONLY);
  if (!fd.valid()) return status_of(errno, "cannot open the file");
  std::string content(limit + 1, '\0');
  size_t size = 0;
  while (size < content.size()) {
    const ssize_t n = ::read(fd.get(), content.data() + size, content.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return status_of(errno, "cannot read the file");
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  if (size > limit) return Status(Code::kOutOfRange, "the file is too large");
  content.resize(size);
  return content;
}

Status write_file_durably(const std::string& path, Bytes content, mode_t mode) {
  const std::string temporary = path + ".tmp";
  const Fd fd = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode);
  if (!fd.valid()) return file_error(errno, "cannot create the file", temporary);
  int error = write_all_at(fd.get(), 0, content);
  if (error == 0 && ::fsync(fd.get()) != 0) error = errno;
  if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    return file_error(error, "cannot write the file", path);
  }
  return sync_folder(path.substr(0, path.find_last_of('/')));
}

}  // namespace flotilla::edge
