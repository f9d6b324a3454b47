#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "controller/adapters/disk_reserve.h"
#include "controller/ports/artifact_store.h"

namespace flotilla::controller {

/// Artifacts as files FOLDER/aa/DIGEST (aa: its first two digits). A file is written under
/// FOLDER/incoming, synced, renamed, and its folder synced: a name is there only with all its
/// bytes. The first open() of an artifact in a process reads it whole and compares its digest, so
/// that rotten bytes are seen before they are signed or served; later ones only map it.
class FileArtifactStore final : public ArtifactStore {
 public:
  struct Options {
    std::string folder;
    DiskReserve reserve;
  };

  /// Makes the folders and removes what an interrupted writer left. Null with the reason in
  /// `failure`, in words for people. One process at a time (the database's lock sees to that).
  static std::unique_ptr<FileArtifactStore> open(const Options& options, std::string& failure);

  Result<std::shared_ptr<ArtifactWriter>> create() override;
  /// kNotFound; kDataLoss when the bytes are not what the name says.
  Result<std::shared_ptr<ArtifactView>> open(const Digest& digest) override;
  bool contains(const Digest& digest) override;
  /// Open views stay valid. Removing what is not there is ok.
  Status remove(const Digest& digest) override;
  /// Gives a synced file of the same file system, whose bytes have this digest, its name here.
  Status adopt(const std::string& temporary, const Digest& digest);

 private:
  explicit FileArtifactStore(const Options& options) : options_(options) {}

  std::string path(const Digest& digest) const;
  std::string incoming() const { return options_.folder + "/incoming"; }
  bool is_verified(const Digest& digest);

  const Options options_;
  std::atomic<uint64_t> next_temporary_ = 0;
  std::mutex mutex_;
  std::set<Digest> verified_;  ///< read and compared since the process started
};

}  // namespace flotilla::controller
