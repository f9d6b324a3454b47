#include "controller/adapters/file_payload_cache.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "controller/adapters/mapped_file.h"
#include "controller/adapters/output_file.h"

namespace flotilla::controller {
namespace fs = std::filesystem;

namespace {

struct Kept {
  fs::file_time_type found;
  uint64_t size = 0;
  fs::path path;
};

}  // namespace

FilePayloadCache::FilePayloadCache(const Options& options) : options_(options) {
  std::error_code ignored;
  fs::create_directories(options_.folder, ignored);
}

std::string FilePayloadCache::path(const Digest& key) const {
  return options_.folder + "/" + std::string(to_hex(key).view());
}

std::shared_ptr<ArtifactView> FilePayloadCache::find(const Digest& key) {
  const std::string name = path(key);
  const auto file = MappedFile::open(name);
  if (!file.ok()) return nullptr;
  (void)::utimensat(AT_FDCWD, name.c_str(), nullptr, 0);
  return file.value();
}

void FilePayloadCache::keep(const Digest& key, std::initializer_list<Bytes> parts) {
  const std::lock_guard lock(mutex_);
  if (write(key, parts).ok()) make_room();
}

Status FilePayloadCache::write(const Digest& key, std::initializer_list<Bytes> parts) const {
  FLOTILLA_TRY(check_reserve(options_.folder, options_.reserve));
  OutputFile file;
  FLOTILLA_TRY(file.open(path(key), OutputFile::Existing::kReplace));
  for (const Bytes part : parts) FLOTILLA_TRY(file.append(part));
  return file.finish();
}

/// Interrupted writes leave files of other names; they are counted and grow old as well.
void FilePayloadCache::make_room() const {
  std::vector<Kept> files;
  uint64_t sum = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(options_.folder, error)) {
    Kept kept{entry.last_write_time(error), 0, entry.path()};
    const uintmax_t size = entry.file_size(error);
    if (error) continue;
    kept.size = size;
    sum += size;
    files.push_back(std::move(kept));
  }
  std::sort(files.begin(), files.end(),
            [](const Kept& a, const Kept& b) { return a.found < b.found; });
  for (const Kept& kept : files) {
    if (sum <= options_.limit) return;
    if (fs::remove(kept.path, error)) sum -= kept.size;
  }
}

}  // namespace flotilla::controller
