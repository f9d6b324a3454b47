#pragma once

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"

namespace flotilla::controller {

/// Owns one descriptor (or none, as open() answers when it failed).
class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor();
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  bool valid() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// What an errno means in the canonical codes. Never ok.
Status status_of_errno(int error);
Status write_all(int descriptor, Bytes bytes);
/// Makes the names inside a folder durable.
Status sync_folder(const char* path);

}  // namespace flotilla::controller
