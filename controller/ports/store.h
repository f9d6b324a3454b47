#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/status.h"

namespace flotilla::controller {

/// One change of the durable state: a value for a key, or (no value) its removal.
struct Write {
  std::string key;
  std::optional<std::string> value;
};

/// Ordered key-value store with atomic, durable batches.
class Store {
 public:
  /// All of `batch` or nothing, on stable storage when it returns ok. Otherwise nothing has
  /// changed, or after kUnavailable perhaps all of it: read the state again. kResourceExhausted: no
  /// room.
  virtual Status commit(const std::vector<Write>& batch) = 0;
  /// Visits the keys that start with `prefix` in byte order until `visit` returns false.
  virtual Status scan(
      std::string_view prefix,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;
  /// The same in descending order, from below `before` on (empty: from the last one).
  virtual Status scan_back(
      std::string_view prefix, std::string_view before,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;
  virtual Result<std::optional<std::string>> get(std::string_view key) = 0;

 protected:
  ~Store() = default;
};

}  // namespace flotilla::controller
