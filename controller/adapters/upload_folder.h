#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "controller/adapters/disk_reserve.h"
#include "controller/adapters/file_artifact_store.h"
#include "controller/adapters/sha256_stream.h"
#include "controller/api/message.h"

namespace flotilla::controller {

/// Files that are being sent to the artifact store and may arrive in several requests: what has
/// arrived stays when a connection breaks or the process ends. FOLDER/ID.SIZE holds the first bytes
/// of a file of SIZE bytes. Usable from several threads; an upload takes bytes from one at a time.
class UploadFolder {
 public:
  static constexpr size_t kMaxUploads = 64;
  static constexpr int64_t kKeptForS = 24 * 3600;  ///< after the last byte

  /// Continues one upload; at its end the upload is free for the next.
  class Part {
   public:
    Part(UploadFolder& folder, std::string id) : folder_(folder), id_(std::move(id)) {}
    ~Part();
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    Status append(Bytes bytes);
    uint64_t offset() const;
    uint64_t size() const;
    /// With all bytes: the file becomes an artifact, the upload is gone.
    Result<Digest> finish();

   private:
    UploadFolder& folder_;
    const std::string id_;
    int file_ = -1;
    friend class UploadFolder;
  };

  struct Options {
    std::string folder;  ///< on the file system of `artifacts`
    DiskReserve reserve;
  };

  /// Makes the folder, and forgets what was left there too long ago. Null with the reason in
  /// `failure`. `artifacts` outlives the folder.
  static std::unique_ptr<UploadFolder> open(const Options& options, FileArtifactStore& artifacts,
                                            std::string& failure);

  /// What has arrived; nothing for an unknown id.
  std::optional<api::UploadProgress> find(const std::string& id);
  /// Continues at `offset` a file of `size` bytes; at 0 an unknown id begins. kFailedPrecondition
  /// when another offset or size is right (find() tells), kUnavailable while another request sends,
  /// kResourceExhausted with kMaxUploads others or a full disk. `id`: [a-z0-9_-]{1,64}.
  Result<std::unique_ptr<Part>> resume(const std::string& id, uint64_t size, uint64_t offset);

 private:
  struct Upload {
    uint64_t size = 0;
    uint64_t offset = 0;
    int64_t changed_s = 0;               ///< file's time, seconds since 1970
    std::unique_ptr<Sha256Stream> hash;  ///< null: of another process; read again when it goes on
    bool busy = false;
  };

  UploadFolder(const Options& options, FileArtifactStore& artifacts)
      : options_(options), artifacts_(artifacts) {}

  void remember(const std::string& name);
  void forget_old();
  std::string path(const std::string& id, const Upload& upload) const;
  Status claim(const std::string& id, uint64_t size, uint64_t offset, Upload*& out);
  Status prepare(const std::string& id, Upload& upload, Part& part);
  void release(const std::string& id);

  const Options options_;
  FileArtifactStore& artifacts_;
  std::mutex mutex_;
  std::map<std::string, Upload> uploads_;  ///< nodes are stable; a busy one is its part's
};

}  // namespace flotilla::controller
