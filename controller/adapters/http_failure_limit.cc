#include "controller/adapters/http_failure_limit.h"

#include <algorithm>

namespace flotilla::controller {

bool HttpFailureLimit::is_blocked(const std::string& caller, MonoTime now) {
  const std::lock_guard lock(mutex_);
  const auto found = windows_.find(caller);
  return found != windows_.end() && now - found->second.opened < kWindow &&
         found->second.failures >= kMaxFailures;
}

void HttpFailureLimit::record_failure(const std::string& caller, MonoTime now) {
  const std::lock_guard lock(mutex_);
  if (!windows_.contains(caller)) make_room(now);
  Window& window = windows_[caller];
  if (window.failures == 0 || now - window.opened >= kWindow) window = {now, 0};
  ++window.failures;
}

void HttpFailureLimit::make_room(MonoTime now) {
  if (windows_.size() < kMaxCallers) return;
  std::erase_if(windows_, [&](const auto& entry) { return now - entry.second.opened >= kWindow; });
  if (windows_.size() < kMaxCallers) return;
  windows_.erase(std::min_element(
      windows_.begin(), windows_.end(),
      [](const auto& a, const auto& b) { return a.second.opened < b.second.opened; }));
}

}  // namespace flotilla::controller
