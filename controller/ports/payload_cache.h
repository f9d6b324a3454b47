#pragma once

#include <initializer_list>
#include <memory>

#include "controller/ports/artifact_store.h"

namespace flotilla::controller {

/// Files that can be made again from what their key stands for. Losing one costs time only, so
/// nothing here is an error. Usable from several threads.
class PayloadCache {
 public:
  /// Null: there is none.
  virtual std::shared_ptr<ArtifactView> find(const Digest& key) = 0;
  /// Keeps the parts as one file, or does not.
  virtual void keep(const Digest& key, std::initializer_list<Bytes> parts) = 0;

 protected:
  ~PayloadCache() = default;
};

}  // namespace flotilla::controller
