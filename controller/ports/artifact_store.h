#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "schemas/base/bytes.h"
#include "schemas/base/digest.h"
#include "schemas/base/status.h"

namespace flotilla::controller {

/// A file that is being received. Dropped without finish(), it leaves nothing behind.
class ArtifactWriter {
 public:
  virtual ~ArtifactWriter() = default;
  virtual Status append(Bytes bytes) = 0;
  /// Syncs and gives the file its name. Storing bytes that are there already is ok.
  virtual Result<Digest> finish() = 0;
};

/// Bytes of an artifact, mapped for reading; valid while the object lives.
class ArtifactView {
 public:
  virtual ~ArtifactView() = default;
  virtual Bytes bytes() const = 0;
  /// Memory of what was read is given back; it can be read again. Safe while others read.
  virtual void release() const {}
};

/// Immutable files by SHA-256, beside the database. Usable from several threads.
class ArtifactStore {
 public:
  /// kResourceExhausted when less than the reserve (10 % of the disk by default) is free.
  virtual Result<std::shared_ptr<ArtifactWriter>> create() = 0;
  virtual Result<std::shared_ptr<ArtifactView>> open(const Digest& digest) = 0;
  virtual bool contains(const Digest& digest) = 0;
  virtual Status remove(const Digest& digest) = 0;

 protected:
  ~ArtifactStore() = default;
};

}  // namespace flotilla::controller
