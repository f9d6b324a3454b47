#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"
#include "schemas/base/time.h"

/// POSIX calls with ownership, EINTR and errno dealt with.
namespace flotilla::edge {

/// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// CLOCK_MONOTONIC in milliseconds.
MonoTime monotonic_now();

/// What `error` (an errno value) means to a caller: kResourceExhausted for a full disk, kNotFound
/// for a missing file, kDataLoss for an I/O error, kPermissionDenied, else kInternal.
Status status_of(int error, const char* reason);
/// The same, with a log line that names the path.
Status file_error(int error, const char* reason, const std::string& path);

/// open(2) with O_CLOEXEC; check valid(), errno tells why.
Fd open_file(const std::string& path, int flags, mode_t mode = 0644);
/// All of it, or the errno value; reading past the end yields ENODATA.
int write_all_at(int fd, uint64_t offset, Bytes bytes);
int read_all_at(int fd, uint64_t offset, MutableBytes out);
/// fsync of a folder, so that names in it survive a power cut.
Status sync_folder(const std::string& path);
/// Makes the folder and its parents, mode 0755, durable; fine when it exists.
Status make_folders(const std::string& path);
/// Whole content of a file of at most `limit` bytes; kOutOfRange when it is larger. Not logged.
Result<std::string> read_small_file(const std::string& path, size_t limit);
/// Replaces `path` atomically and durably by way of `path`.tmp.
Status write_file_durably(const std::string& path, Bytes content, mode_t mode);

}  // namespace flotilla::edge
