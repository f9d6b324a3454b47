#include "edge-client/adapters/golden_store.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "edge-client/adapters/posix.h"

namespace flotilla::edge {
namespace {

namespace fs = std::filesystem;

/// Removing old files is housekeeping: what fails is tried again with the next one.
void keep_newest(const std::string& folder, const fs::path& stored) {
  std::error_code error;
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path() == stored) continue;  // whatever the clock says
    const fs::file_time_type time = entry.last_write_time(error);
    files.emplace_back(time, entry.path());
  }
  std::sort(files.rbegin(), files.rend());
  for (size_t i = kGoldenFilesKept - 1; i < files.size(); ++i) fs::remove(files[i].second, error);
}

}  // namespace

std::string golden_file(const ModelFolder& folder, const Digest& digest) {
  return folder.golden_folder() + "/" + std::string(to_hex(digest).view());
}

Status store_golden(const ModelFolder& folder, const Digest& digest, Bytes golden) {
  FLOTILLA_TRY(make_folders(folder.golden_folder()));
  const std::string path = golden_file(folder, digest);
  FLOTILLA_TRY(write_file_durably(path, golden, 0644));
  keep_newest(folder.golden_folder(), path);
  return ok_status();
}

}  // namespace flotilla::edge
