#pragma once

#include <map>
#include <string>

#include "controller/ports/store.h"

namespace flotilla::testing {

/// A store that forgets nothing and fails when told to.
class MemoryStore final : public controller::Store {
 public:
  Status commit(const std::vector<controller::Write>& batch) override {
    if (full) return Status(Code::kResourceExhausted, "the disk is full");
    for (const controller::Write& write : batch) {
      if (write.value) {
        rows[write.key] = *write.value;
      } else {
        rows.erase(write.key);
      }
    }
    return ok_status();
  }

  Status scan(std::string_view prefix,
              const std::function<bool(std::string_view, std::string_view)>& visit) override {
    for (auto it = rows.lower_bound(std::string(prefix)); it != rows.end(); ++it) {
      if (it->first.compare(0, prefix.size(), prefix) != 0 || !visit(it->first, it->second)) break;
    }
    return ok_status();
  }

  Status scan_back(std::string_view prefix, std::string_view before,
                   const std::function<bool(std::string_view, std::string_view)>& visit) override {
    const std::string end =
        before.empty() ? std::string(prefix) + std::string(16, '\xFF') : std::string(before);
    for (auto it = rows.lower_bound(end); it != rows.begin();) {
      --it;
      if (it->first.compare(0, prefix.size(), prefix) != 0) break;
      ++visited_back;
      if (!visit(it->first, it->second)) break;
    }
    return ok_status();
  }

  Result<std::optional<std::string>> get(std::string_view key) override {
    const auto found = rows.find(std::string(key));
    if (found == rows.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }

  std::map<std::string, std::string> rows;
  bool full = false;
  uint64_t visited_back = 0;  ///< rows that scan_back() has shown
};

}  // namespace flotilla::testing
