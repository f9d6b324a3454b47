#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "schemas/base/time.h"

namespace flotilla::controller {

/// Counts failed authentications by caller; who fails too often is turned away for the rest of the
/// window. Bounded: when the table is full the oldest windows go. Usable from several threads.
class HttpFailureLimit {
 public:
  static constexpr uint32_t kMaxFailures = 20;  ///< in one window
  static constexpr Duration kWindow = seconds(60);
  static constexpr size_t kMaxCallers = 1024;

  bool is_blocked(const std::string& caller, MonoTime now);
  void record_failure(const std::string& caller, MonoTime now);

 private:
  struct Window {
    MonoTime opened;
    uint32_t failures = 0;
  };
  void make_room(MonoTime now);

  std::mutex mutex_;
  std::map<std::string, Window> windows_;
};

}  // namespace flotilla::controller
