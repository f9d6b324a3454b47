#include "controller/adapters/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "controller/adapters/file_descriptor.h"

namespace flotilla::controller {
namespace {

bool exists(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/// The file behind a link; the path itself where there is none.
std::string resolved(const std::string& path) {
  char target[PATH_MAX];
  return ::realpath(path.c_str(), target) == nullptr ? path : target;
}

constexpr Status in_the_way() {
  return Status(Code::kAlreadyExists, "a file of that name exists");
}

}  // namespace

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

Status OutputFile::open(const std::string& path, Existing existing) {
  if (existing == Existing::kKeep && exists(path)) return in_the_way();
  path_ = resolved(path);
  struct stat found;
  if (::stat(path_.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) {
    return {Code::kFailedPrecondition, "it is a folder or a device, not a file"};
  }
  temporary_ = path_ + ".part-" + std::to_string(::getpid());
  existing_ = existing;
  // Exclusive: two outputs of one name would be written over each other.
  descriptor_ =
      ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (descriptor_ < 0 && errno == EEXIST) return in_the_way();
  return descriptor_ >= 0 ? ok_status() : status_of_errno(errno);
}

Status OutputFile::append(Bytes bytes) {
  return write_all(descriptor_, bytes);
}

Status OutputFile::finish() {
  if (::fsync(descriptor_) != 0) return status_of_errno(errno);
  if (existing_ == Existing::kKeep && exists(path_)) return in_the_way();
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return status_of_errno(errno);
  ::close(descriptor_);
  descriptor_ = -1;
  const size_t slash = path_.rfind('/');
  return sync_folder(slash == std::string::npos ? "." : path_.substr(0, slash + 1).c_str());
}

Status write_whole(const std::string& path, OutputFile::Existing existing, Bytes content) {
  OutputFile file;
  FLOTILLA_TRY(file.open(path, existing));
  FLOTILLA_TRY(file.append(content));
  return file.finish();
}

}  // namespace flotilla::controller
