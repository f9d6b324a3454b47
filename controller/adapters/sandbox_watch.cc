#include "controller/adapters/sandbox_watch.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace flotilla::controller {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxEntries = 100'000;
constexpr size_t kMaxDepth = 64;
// Fields of /proc/PID/stat behind the name in parentheses (proc(5)), from 0.
constexpr size_t kGroupField = 2;
constexpr size_t kThreadsField = 17;
constexpr size_t kResidentField = 21;

bool read_stat(const fs::path& folder, std::vector<int64_t>& fields) {
  std::ifstream file(folder / "stat");
  std::string text;
  if (!std::getline(file, text)) return false;
  const size_t behind = text.rfind(')');
  if (behind == std::string::npos || behind + 4 > text.size()) return false;
  std::istringstream rest(text.substr(behind + 4));  // ") S ": the state is no number
  fields.assign(1, 0);
  for (int64_t value = 0; rest >> value;) fields.push_back(value);
  return fields.size() > kResidentField;
}

/// Counts while files come and go: what is gone is no failure, anything else is.
class DiskCount {
 public:
  explicit DiskCount(uint64_t enough) : enough_(enough) {}

  /// False: there is enough, or it cannot be known.
  bool walk(const std::string& folder) {
    folders_.push_back({folder, 0});
    while (!folders_.empty()) {
      const Folder next = std::move(folders_.back());
      folders_.pop_back();
      if (!list(next)) return false;
    }
    return true;
  }
  uint64_t bytes() const { return bytes_; }

 private:
  struct Folder {
    std::string path;
    size_t depth;
  };

  bool list(const Folder& folder) {
    std::error_code error;
    fs::directory_iterator at(folder.path, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
      if (!take(at->path().string(), folder.depth)) return false;
    }
    return !error || error == std::errc::no_such_file_or_directory;
  }

  bool take(std::string path, size_t depth) {
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0) return errno == ENOENT;
    bytes_ += static_cast<uint64_t>(facts.st_blocks) * 512;
    if (bytes_ >= enough_ || ++entries_ >= kMaxEntries) return false;
    if (!S_ISDIR(facts.st_mode)) return true;
    folders_.push_back({std::move(path), depth + 1});
    return depth < kMaxDepth;
  }

  const uint64_t enough_;
  uint64_t bytes_ = 0;
  size_t entries_ = 0;
  std::vector<Folder> folders_;  ///< that are still to be listed
};

/// Lets the owner into every folder.
void open_up(const std::string& top) {
  std::vector<std::string> folders{top};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    ::chmod(folder.c_str(), 0700);
    std::error_code error;
    for (fs::directory_iterator at(folder, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
      struct stat facts {};
      const std::string path = at->path().string();
      if (::lstat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) folders.push_back(path);
    }
  }
}

}  // namespace

GroupUse use_of_group(pid_t group) {
  GroupUse out;
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  std::error_code none;
  std::vector<int64_t> fields;
  for (const auto& entry : fs::directory_iterator("/proc", none)) {
    const std::string name = entry.path().filename().string();
    if (name.front() < '0' || name.front() > '9' || !read_stat(entry.path(), fields)) continue;
    if (fields[kGroupField] != group || name == std::to_string(group)) continue;
    out.threads += static_cast<uint32_t>(std::max<int64_t>(0, fields[kThreadsField]));
    out.resident_bytes +=
        page * static_cast<uint64_t>(std::max<int64_t>(0, fields[kResidentField]));
  }
  return out;
}

uint64_t disk_use(const std::string& folder, uint64_t enough) {
  DiskCount count(enough);
  return count.walk(folder) ? count.bytes() : enough;
}

uint64_t free_space(const std::string& folder) {
  struct statvfs facts {};
  if (::statvfs(folder.c_str(), &facts) != 0) return 0;
  return static_cast<uint64_t>(facts.f_bfree) * facts.f_frsize;
}

void remove_folder(const std::string& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (!error) return;
  open_up(folder);
  fs::remove_all(folder, error);
}

}  // namespace flotilla::controller
