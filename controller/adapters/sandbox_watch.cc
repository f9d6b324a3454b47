#include "controller/adapters/sandbox_watch.h"

#include <sys/stat.h>
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
  uint64_t bytes = 0;
  size_t entries = 0;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto at = fs::recursive_directory_iterator(folder, options, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    struct stat facts {};
    if (::lstat(at->path().c_str(), &facts) != 0) continue;
    bytes += static_cast<uint64_t>(facts.st_blocks) * 512;
    if (bytes >= enough || ++entries >= kMaxEntries) return enough;
  }
  return bytes;
}

}  // namespace flotilla::controller
