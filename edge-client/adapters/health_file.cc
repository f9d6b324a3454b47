#include "edge-client/adapters/health_file.h"

#include <sys/stat.h>

#include <charconv>

#include "edge-client/adapters/log.h"
#include "edge-client/adapters/posix.h"

namespace flotilla::edge {
namespace {

constexpr size_t kMaxFile = 4096;
constexpr std::string_view kEnd = "end";

template <typename T>
bool parse_number(std::string_view text, T& out) {
  const char* last = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), last, out);
  return error == std::errc{} && at == last;
}

/// False when the value is wrong; keys that nobody knows are fine.
bool take(std::string_view key, std::string_view value, HealthSample& sample) {
  if (key == "digest") return parse_hex(value, sample.loaded_digest);
  if (key == "engine") return parse_hex(value, sample.engine_digest);
  if (key == "healthy") {
    sample.healthy = value == "1";
    return value == "0" || value == "1";
  }
  if (key == "inferences") return parse_number(value, sample.inferences);
  if (key == "failures") return parse_number(value, sample.failures);
  if (key == "latency_p50_us") return parse_number(value, sample.latency_p50_us);
  if (key == "latency_p99_us") return parse_number(value, sample.latency_p99_us);
  return true;
}

/// Takes one line off the front; false when there is none that is complete. The last line may lack
/// its newline.
bool next_line(std::string_view& text, std::string_view& line) {
  size_t end = text.find('\n');
  if (end == std::string_view::npos && text != kEnd) return false;
  line = text.substr(0, end);
  if (end == std::string_view::npos) end = text.size() - 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  text.remove_prefix(end + 1);
  return true;
}

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::optional<HealthSample> parse_health(std::string_view text, std::string& defect) {
  HealthSample sample;
  bool has_digest = false;
  bool has_healthy = false;
  std::string_view line;
  while (next_line(text, line)) {
    if (line == kEnd) {
      if (!has_digest || !has_healthy) {
        defect = "digest and healthy are required";
        return std::nullopt;
      }
      sample.present = true;
      return sample;
    }
    const size_t equals = line.find('=');
    if (line.empty()) continue;
    const std::string_view key = line.substr(0, equals);
    if (equals == std::string_view::npos || !take(key, line.substr(equals + 1), sample)) {
      defect = "wrong line '" + std::string(line.substr(0, 100)) + "'";
      return std::nullopt;
    }
    has_digest = has_digest || key == "digest";
    has_healthy = has_healthy || key == "healthy";
  }
  defect.clear();  // still being written
  return std::nullopt;
}

HealthFile::Stamp HealthFile::stamp() const {
  struct stat info {};
  if (path_.empty() || ::stat(path_.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino, nanoseconds(info.st_mtim), nanoseconds(info.st_ctim),
          info.st_size};
}

void HealthFile::forget() {
  forgotten_ = stamp();
  newest_ = forgotten_;
}

HealthSample HealthFile::read(MonoTime now) {
  const Stamp current = stamp();
  if (current.size < 0 || current == forgotten_) return {};
  if (current != newest_) {
    newest_ = current;
    changed_at_ = now;
  }
  if (max_age_.ms > 0 && now - changed_at_ > max_age_) return {};
  const Result<std::string> text = read_small_file(path_, kMaxFile);
  if (!text.ok()) {
    complain(text.status().reason());
    return {};
  }
  std::string defect;
  const std::optional<HealthSample> sample = parse_health(text.value(), defect);
  complain(defect);
  return sample.value_or(HealthSample{});
}

void HealthFile::complain(const std::string& defect) {
  if (defect == last_defect_) return;
  last_defect_ = defect;
  if (!defect.empty()) log_warning("health_file").add("path", path_).add("what", defect);
}

}  // namespace flotilla::edge
