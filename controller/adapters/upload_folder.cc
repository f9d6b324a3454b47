#include "controller/adapters/upload_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <vector>

#include "controller/adapters/file_descriptor.h"

namespace flotilla::controller {
namespace fs = std::filesystem;

namespace {

constexpr size_t kBlock = size_t{1} << 20;

/// Hashes what a file begins with. kDataLoss when it is shorter.
Status hash_prefix(int file, uint64_t length, Sha256Stream& hash) {
  std::vector<uint8_t> block(kBlock);
  for (uint64_t at = 0; at < length;) {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(block.size(), length - at));
    const ssize_t got = ::pread(file, block.data(), wanted, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return status_of_errno(errno);
    if (got == 0) return {Code::kDataLoss, "the file is shorter than it was"};
    hash.append(Bytes(block).first(static_cast<size_t>(got)));
    at += static_cast<uint64_t>(got);
  }
  return ok_status();
}

}  // namespace

UploadFolder::Part::~Part() {
  if (file_ < 0) return;
  ::fdatasync(file_);
  ::close(file_);
  folder_.release(id_);
}

uint64_t UploadFolder::Part::offset() const {
  const std::lock_guard lock(folder_.mutex_);
  return folder_.uploads_.at(id_).offset;
}

uint64_t UploadFolder::Part::size() const {
  const std::lock_guard lock(folder_.mutex_);
  return folder_.uploads_.at(id_).size;
}

Status UploadFolder::Part::append(Bytes bytes) {
  Upload* upload = nullptr;
  {
    const std::lock_guard lock(folder_.mutex_);
    upload = &folder_.uploads_.at(id_);
    if (bytes.size() > upload->size - upload->offset) {
      return {Code::kOutOfRange, "there are more bytes than the upload's size says"};
    }
  }
  FLOTILLA_TRY(write_all(file_, bytes));
  upload->hash->append(bytes);
  const std::lock_guard lock(folder_.mutex_);
  upload->offset += bytes.size();
  return ok_status();
}

Result<Digest> UploadFolder::Part::finish() {
  Upload* upload = nullptr;
  {
    const std::lock_guard lock(folder_.mutex_);
    upload = &folder_.uploads_.at(id_);
    if (upload->offset != upload->size) {
      return Status(Code::kFailedPrecondition, "bytes are missing");
    }
  }
  // The disk may take long, and find() may not wait for it: the busy upload is this part's alone.
  if (::fsync(file_) != 0) return status_of_errno(errno);
  const Digest digest = upload->hash->finish();
  const std::string path = folder_.path(id_, *upload);
  const Status adopted = folder_.artifacts_.adopt(path, digest);
  ::close(file_);
  file_ = -1;
  // Bytes that could not get their name are sent again: the hash has ended.
  if (!adopted.ok()) ::unlink(path.c_str());
  {
    const std::lock_guard lock(folder_.mutex_);
    folder_.uploads_.erase(id_);
  }
  if (!adopted.ok()) return adopted;
  return digest;
}

std::unique_ptr<UploadFolder> UploadFolder::open(const Options& options,
                                                 FileArtifactStore& artifacts,
                                                 std::string& failure) {
  std::unique_ptr<UploadFolder> folder(new UploadFolder(options, artifacts));
  std::error_code error;
  fs::create_directories(options.folder, error);
  if (!error) {
    for (const auto& entry : fs::directory_iterator(options.folder, error)) {
      folder->remember(entry.path().filename().string());
    }
  }
  folder->forget_old();
  if (!error) return folder;
  failure = "the folder " + options.folder + " cannot be used: " + error.message();
  return nullptr;
}

/// A file that is not one of ours stays alone.
void UploadFolder::remember(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos) return;
  Upload upload;
  const char* const end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + dot + 1, end, upload.size);
  if (parsed.ec != std::errc() || parsed.ptr != end) return;
  struct stat facts {};
  if (::stat((options_.folder + "/" + name).c_str(), &facts) != 0) return;
  upload.offset = static_cast<uint64_t>(facts.st_size);
  upload.changed_s = facts.st_mtime;
  if (upload.offset <= upload.size) uploads_[name.substr(0, dot)] = std::move(upload);
}

void UploadFolder::forget_old() {
  const int64_t now = std::time(nullptr);
  std::erase_if(uploads_, [&](const auto& entry) {
    const auto& [id, upload] = entry;
    if (upload.busy || now - upload.changed_s < kKeptForS) return false;
    ::unlink(path(id, upload).c_str());
    return true;
  });
}

std::string UploadFolder::path(const std::string& id, const Upload& upload) const {
  return options_.folder + "/" + id + "." + std::to_string(upload.size);
}

std::optional<api::UploadProgress> UploadFolder::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  if (found == uploads_.end()) return std::nullopt;
  return api::UploadProgress{found->second.size, found->second.offset};
}

Status UploadFolder::claim(const std::string& id, uint64_t size, uint64_t offset, Upload*& out) {
  const std::lock_guard lock(mutex_);
  forget_old();
  const auto known = uploads_.find(id);
  if (known == uploads_.end()) {
    if (offset != 0) return {Code::kFailedPrecondition, "nothing of this upload is here"};
    if (uploads_.size() >= kMaxUploads) {
      return {Code::kResourceExhausted, "too many files are half-way"};
    }
    out = &uploads_[id];
    out->size = size;
    out->hash = std::make_unique<Sha256Stream>();
  } else {
    out = &known->second;
    if (out->busy) return {Code::kUnavailable, "another request sends this upload"};
    if (out->size != size) return {Code::kFailedPrecondition, "this upload has another size"};
    if (out->offset != offset) {
      return {Code::kFailedPrecondition, "another number of bytes has arrived"};
    }
  }
  out->busy = true;
  return ok_status();
}

Status UploadFolder::prepare(const std::string& id, Upload& upload, Part& part) {
  FLOTILLA_TRY(check_reserve(options_.folder, options_.reserve));
  FLOTILLA_TRY(check_room(options_.folder, upload.size - upload.offset));
  part.file_ = ::open(path(id, upload).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (part.file_ < 0) return status_of_errno(errno);
  if (upload.hash == nullptr) {
    auto hash = std::make_unique<Sha256Stream>();
    const Status read = hash_prefix(part.file_, upload.offset, *hash);
    if (!read.ok()) {
      const std::lock_guard lock(mutex_);
      upload.offset = 0;  // it begins anew
      return read;
    }
    upload.hash = std::move(hash);
  }
  // A write that failed may have left more than was counted.
  if (::ftruncate(part.file_, static_cast<off_t>(upload.offset)) != 0 ||
      ::lseek(part.file_, 0, SEEK_END) < 0) {
    return status_of_errno(errno);
  }
  return ok_status();
}

Result<std::unique_ptr<UploadFolder::Part>> UploadFolder::resume(const std::string& id,
                                                                 uint64_t size, uint64_t offset) {
  Upload* upload = nullptr;
  FLOTILLA_TRY(claim(id, size, offset, upload));
  auto part = std::make_unique<Part>(*this, id);
  const Status ready = prepare(id, *upload, *part);
  if (ready.ok()) return part;
  if (part->file_ < 0) release(id);
  return ready;
}

void UploadFolder::release(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  found->second.busy = false;
  found->second.changed_s = std::time(nullptr);
  if (found->second.offset != 0) return;
  ::unlink(path(id, found->second).c_str());  // nothing arrived: as if it had not begun
  uploads_.erase(found);
}

}  // namespace flotilla::controller
