#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/ports/store.h"
#include "simulator/engine/trace.h"

namespace flotilla::sim {

/// The controller's database: ordered, atomic batches. A batch that was acknowledged is durable,
/// unless the store was made to lie: then the newest ones vanish with the process.
class ForgetfulStore final : public controller::Store {
 public:
  explicit ForgetfulStore(Trace& trace) : trace_(trace) {}
  ~ForgetfulStore() = default;

  /// How the next commit goes wrong.
  enum class Fault : uint8_t {
    kNone,
    kRefused,  ///< nothing was written, and the caller is told
    kUnclear,  ///< everything was written, and the caller is told that it failed
    kFull,     ///< no room
  };
  void fail_next(Fault fault) { next_ = fault; }
  /// Acknowledge before anything is durable: a planted defect.
  void lie(bool lies) { lies_ = lies; }
  /// The process died. What was only said to be durable is gone.
  void crash();

  Status commit(const std::vector<controller::Write>& batch) override;
  Status scan(std::string_view prefix,
              const std::function<bool(std::string_view, std::string_view)>& visit) override;
  Status scan_back(std::string_view prefix, std::string_view before,
                   const std::function<bool(std::string_view, std::string_view)>& visit) override;
  Result<std::optional<std::string>> get(std::string_view key) override;

  /// What a crash at this moment would leave under the key.
  std::optional<std::string_view> durable(std::string_view key) const;
  uint64_t commits() const { return commits_; }

 private:
  using Rows = std::map<std::string, std::string, std::less<>>;
  using Undo = std::vector<std::pair<std::string, std::optional<std::string>>>;

  void apply(const std::vector<controller::Write>& batch);

  Trace& trace_;
  Rows rows_;
  Fault next_ = Fault::kNone;
  bool lies_ = false;
  std::deque<Undo> unsynced_;
  uint64_t commits_ = 0;
};

}  // namespace flotilla::sim
