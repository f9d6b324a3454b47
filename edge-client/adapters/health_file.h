#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "edge-client/ports/model_runtime.h"
#include "schemas/base/time.h"

namespace flotilla::edge {

/// Reads the text of a health file (docs/device.md): one `key=value` a line and a last line `end`,
/// without which the file is still being written. `digest` and `healthy` are required, unknown keys
/// are ignored. Nothing when the text is incomplete or wrong; `defect` then says why.
std::optional<HealthSample> parse_health(std::string_view text, std::string& defect);

/// The health file of one model. A file counts only once it has changed since the last forget(), in
/// whatever way the file system can tell (no clocks are compared), and, with a maximum age, only
/// while it keeps changing.
class HealthFile {
 public:
  /// `path` empty: the application never says anything. `max_age` 0: no limit.
  explicit HealthFile(std::string path, Duration max_age = {})
      : path_(std::move(path)), max_age_(max_age) {}

  /// What the file holds now belongs to the past.
  void forget();
  HealthSample read(MonoTime now);

 private:
  struct Stamp {
    uint64_t device = 0;
    uint64_t inode = 0;
    int64_t modified_ns = 0;
    int64_t changed_ns = 0;
    int64_t size = -1;
    bool operator==(const Stamp&) const = default;
  };

  Stamp stamp() const;
  void complain(const std::string& defect);

  std::string path_;
  Duration max_age_;
  Stamp forgotten_;
  Stamp newest_;
  MonoTime changed_at_;
  std::string last_defect_;
};

}  // namespace flotilla::edge
