#include "controller/adapters/file_descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace flotilla::controller {

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  const FileDescriptor old(std::exchange(descriptor_, other.release()));
  return *this;
}

int FileDescriptor::release() {
  return std::exchange(descriptor_, -1);
}

Status status_of_errno(int error) {
  switch (error) {
    case ENOENT:
      return {Code::kNotFound, "no such file"};
    case EEXIST:
      return {Code::kAlreadyExists, "the file exists"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {Code::kPermissionDenied, "the file system refuses access"};
    case ENOSPC:
    case EDQUOT:
      return {Code::kResourceExhausted, "the disk is full"};
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return {Code::kResourceExhausted, "the system has no descriptors or memory left"};
    default:
      return {Code::kUnavailable, "the file system reported an error"};
  }
}

Status write_all(int descriptor, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return status_of_errno(errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return ok_status();
}

Result<size_t> read_some(int descriptor, void* place, size_t size) {
  for (;;) {
    const ssize_t got = ::read(descriptor, place, size);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) return status_of_errno(errno);
  }
}

Status sync_folder(const char* path) {
  const FileDescriptor folder(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid() || ::fsync(folder.get()) != 0) return status_of_errno(errno);
  return ok_status();
}

}  // namespace flotilla::controller
