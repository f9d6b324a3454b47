#include "simulator/control/forgetful_store.h"

#include <utility>

namespace flotilla::sim {
namespace {

/// Batches that a lying store keeps in memory.
constexpr size_t kUnsynced = 3;

}  // namespace

void ForgetfulStore::apply(const std::vector<controller::Write>& batch) {
  Undo undo;
  for (const controller::Write& write : batch) {
    trace_.text(TraceKind::kWrite, write.key);
    if (write.value) trace_.text(TraceKind::kWrite, *write.value);
    const auto found = rows_.find(write.key);
    if (lies_) {
      undo.emplace_back(write.key, found == rows_.end()
                                       ? std::nullopt
                                       : std::optional<std::string>(found->second));
    }
    if (!write.value) {
      if (found != rows_.end()) rows_.erase(found);
    } else if (found != rows_.end()) {
      found->second = *write.value;
    } else {
      rows_.emplace(write.key, *write.value);
    }
  }
  if (!lies_) return;
  unsynced_.push_back(std::move(undo));
  if (unsynced_.size() > kUnsynced) unsynced_.pop_front();
}

Status ForgetfulStore::commit(const std::vector<controller::Write>& batch) {
  const Fault fault = std::exchange(next_, Fault::kNone);
  ++commits_;
  switch (fault) {
    case Fault::kNone:
      apply(batch);
      return ok_status();
    case Fault::kRefused:
      return {Code::kUnavailable, "the store did not answer"};
    case Fault::kUnclear:
      apply(batch);
      return {Code::kUnavailable, "the store did not answer in time"};
    case Fault::kFull:
      return {Code::kResourceExhausted, "the disk is full"};
  }
  return ok_status();
}

void ForgetfulStore::crash() {
  while (!unsynced_.empty()) {
    Undo& undo = unsynced_.back();
    for (auto it = undo.rbegin(); it != undo.rend(); ++it) {
      if (it->second) {
        rows_[it->first] = *it->second;
      } else {
        rows_.erase(it->first);
      }
    }
    unsynced_.pop_back();
  }
}

Status ForgetfulStore::scan(std::string_view prefix,
                            const std::function<bool(std::string_view, std::string_view)>& visit) {
  for (auto it = rows_.lower_bound(prefix); it != rows_.end(); ++it) {
    if (it->first.compare(0, prefix.size(), prefix) != 0 || !visit(it->first, it->second)) break;
  }
  return ok_status();
}

Status ForgetfulStore::scan_back(
    std::string_view prefix, std::string_view before,
    const std::function<bool(std::string_view, std::string_view)>& visit) {
  const std::string after = std::string(prefix) + std::string(16, '\xFF');
  for (auto it = rows_.lower_bound(before.empty() ? std::string_view(after) : before);
       it != rows_.begin();) {
    --it;
    if (it->first.compare(0, prefix.size(), prefix) != 0 || !visit(it->first, it->second)) break;
  }
  return ok_status();
}

Result<std::optional<std::string>> ForgetfulStore::get(std::string_view key) {
  const auto found = rows_.find(key);
  if (found == rows_.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

std::optional<std::string_view> ForgetfulStore::durable(std::string_view key) const {
  for (const Undo& undo : unsynced_) {
    for (const auto& [changed, before] : undo) {
      if (changed != key) continue;
      if (!before) return std::nullopt;
      return std::string_view(*before);
    }
  }
  const auto found = rows_.find(key);
  if (found == rows_.end()) return std::nullopt;
  return std::string_view(found->second);
}

}  // namespace flotilla::sim
