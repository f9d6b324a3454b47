#pragma once

#include <cstddef>

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"

namespace flotilla::controller {

/// Owns one descriptor (or none, as open() answers when it failed).
class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  bool valid() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  int release();
  void close() { *this = FileDescriptor(); }

 private:
  int descriptor_;
};

/// What an errno means in the canonical codes. Never ok.
Status status_of_errno(int error);
Status write_all(int descriptor, Bytes bytes);
/// Some bytes; 0 only at the end of the file.
Result<size_t> read_some(int descriptor, void* place, size_t size);
/// Makes the names inside a folder durable.
Status sync_folder(const char* path);

}  // namespace flotilla::controller
