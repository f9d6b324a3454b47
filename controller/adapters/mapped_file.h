#pragma once

#include <memory>
#include <string>

#include "controller/ports/artifact_store.h"

namespace flotilla::controller {

/// A file mapped for reading.
class MappedFile final : public ArtifactView {
 public:
  /// kNotFound, kPermissionDenied, kInvalidArgument when it is a folder.
  static Result<std::shared_ptr<MappedFile>> open(const std::string& path);

  MappedFile(void* at, size_t size) : at_(at), size_(size) {}
  ~MappedFile() override;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Bytes bytes() const override { return {static_cast<const uint8_t*>(at_), size_}; }
  void release() const override;

 private:
  void* at_;
  size_t size_;
};

}  // namespace flotilla::controller
