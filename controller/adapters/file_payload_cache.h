#pragma once

#include <mutex>
#include <string>

#include "controller/adapters/disk_reserve.h"
#include "controller/ports/payload_cache.h"

namespace flotilla::controller {

/// Files FOLDER/KEY, at most `limit` bytes of them: those found longest ago go first. What is found
/// may have rotted; whoever uses it must see that.
class FilePayloadCache final : public PayloadCache {
 public:
  struct Options {
    std::string folder;
    DiskReserve reserve;
    uint64_t limit = uint64_t{1} << 30;
  };

  /// Makes the folder; without one nothing is kept.
  explicit FilePayloadCache(const Options& options);

  std::shared_ptr<ArtifactView> find(const Digest& key) override;
  void keep(const Digest& key, std::initializer_list<Bytes> parts) override;

 private:
  std::string path(const Digest& key) const;
  Status write(const Digest& key, std::initializer_list<Bytes> parts) const;
  void make_room() const;

  const Options options_;
  std::mutex mutex_;
};

}  // namespace flotilla::controller
