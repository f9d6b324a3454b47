#include "controller/adapters/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

#include "controller/adapters/file_descriptor.h"

namespace flotilla::controller {

Result<std::shared_ptr<MappedFile>> MappedFile::open(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return status_of_errno(errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return status_of_errno(errno);
  if (!S_ISREG(info.st_mode)) return Status(Code::kInvalidArgument, "it is not a regular file");
  const size_t size = static_cast<size_t>(info.st_size);
  void* at = nullptr;
  if (size > 0) {
    at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (at == MAP_FAILED) return status_of_errno(errno);
  }
  return std::make_shared<MappedFile>(at, size);
}

MappedFile::~MappedFile() {
  if (size_ > 0) ::munmap(at_, size_);
}

void MappedFile::release() const {
  if (size_ > 0) (void)::madvise(at_, size_, MADV_DONTNEED);
}

}  // namespace flotilla::controller
