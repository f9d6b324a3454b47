#include "controller/adapters/file_artifact_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "controller/adapters/file_descriptor.h"
#include "controller/adapters/mapped_file.h"
#include "controller/adapters/sha256_stream.h"

namespace flotilla::controller {
namespace fs = std::filesystem;

constexpr size_t kHashSlice = size_t{16} << 20;

/// One file under FOLDER/incoming.
class FileArtifactWriter final : public ArtifactWriter {
 public:
  FileArtifactWriter(FileArtifactStore& store, std::string path, int descriptor)
      : store_(store), path_(std::move(path)), file_(descriptor) {}
  ~FileArtifactWriter() override {
    if (!finished_) ::unlink(path_.c_str());
  }

  Status append(Bytes bytes) override {
    if (finished_) return {Code::kFailedPrecondition, "the artifact is finished"};
    FLOTILLA_TRY(write_all(file_.get(), bytes));
    hash_.append(bytes);
    return ok_status();
  }

  Result<Digest> finish() override {
    if (finished_) return Status(Code::kFailedPrecondition, "the artifact is finished");
    if (::fsync(file_.get()) != 0) return status_of_errno(errno);
    const Digest digest = hash_.finish();
    FLOTILLA_TRY(store_.adopt(path_, digest));
    finished_ = true;
    return digest;
  }

 private:
  FileArtifactStore& store_;
  const std::string path_;
  const FileDescriptor file_;
  Sha256Stream hash_;
  bool finished_ = false;
};

std::unique_ptr<FileArtifactStore> FileArtifactStore::open(const Options& options,
                                                           std::string& failure) {
  std::unique_ptr<FileArtifactStore> store(new FileArtifactStore(options));
  std::error_code error;
  fs::remove_all(store->incoming(), error);
  if (!error) fs::create_directories(store->incoming(), error);
  if (!error) return store;
  failure = "the artifact folder " + options.folder + " cannot be used: " + error.message();
  return nullptr;
}

Result<std::shared_ptr<ArtifactWriter>> FileArtifactStore::create() {
  FLOTILLA_TRY(check_reserve(options_.folder, options_.reserve));
  const std::string path = incoming() + "/" + std::to_string(next_temporary_++);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (file < 0) return status_of_errno(errno);
  return std::shared_ptr<ArtifactWriter>(std::make_shared<FileArtifactWriter>(*this, path, file));
}

Result<std::shared_ptr<ArtifactView>> FileArtifactStore::open(const Digest& digest) {
  const auto file = MappedFile::open(path(digest));
  if (!file.ok()) return file.status();
  std::shared_ptr<ArtifactView> view = file.value();
  if (is_verified(digest)) return view;
  Sha256Stream hash;
  for (Bytes rest = view->bytes(); !rest.empty();) {
    const Bytes slice = rest.first(std::min(rest.size(), kHashSlice));
    hash.append(slice);
    rest = rest.subspan(slice.size());
    view->release();
  }
  if (hash.finish() != digest) {
    return Status(Code::kDataLoss, "the stored artifact is not what its digest says");
  }
  const std::lock_guard lock(mutex_);
  verified_.insert(digest);
  return view;
}

bool FileArtifactStore::contains(const Digest& digest) {
  return ::access(path(digest).c_str(), R_OK) == 0;
}

Status FileArtifactStore::remove(const Digest& digest) {
  {
    const std::lock_guard lock(mutex_);
    verified_.erase(digest);
  }
  if (::unlink(path(digest).c_str()) != 0 && errno != ENOENT) return status_of_errno(errno);
  return ok_status();
}

std::string FileArtifactStore::path(const Digest& digest) const {
  const HexDigest hex = to_hex(digest);
  std::string result = options_.folder;
  result += '/';
  result += hex.view().substr(0, 2);
  result += '/';
  result += hex.view();
  return result;
}

/// Replaces a file of that name as well: it may have rotted.
Status FileArtifactStore::adopt(const std::string& temporary, const Digest& digest) {
  const std::string name = path(digest);
  const std::string folder = name.substr(0, name.rfind('/'));
  if (::mkdir(folder.c_str(), 0750) == 0) {
    FLOTILLA_TRY(sync_folder(options_.folder.c_str()));
  } else if (errno != EEXIST) {
    return status_of_errno(errno);
  }
  if (std::rename(temporary.c_str(), name.c_str()) != 0) return status_of_errno(errno);
  const std::lock_guard lock(mutex_);
  verified_.erase(digest);
  return sync_folder(folder.c_str());
}

bool FileArtifactStore::is_verified(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  return verified_.contains(digest);
}

}  // namespace flotilla::controller
