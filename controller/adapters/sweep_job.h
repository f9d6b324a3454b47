#pragma once

#include <functional>
#include <set>

#include "controller/adapters/shelf_job.h"

namespace flotilla::controller {

/// Clears what lies in the broker for a hardware class and belongs to no known transfer (after the
/// controller's state was restored from a backup, say). Orphans are found by their offer or their
/// first chunk, two filters that answer one message per transfer, then walked group by group.
class SweepJob final : public ShelfJob {
 public:
  /// `known` is asked at the moment of the decision.
  SweepJob(ShelfBench& bench, std::string hardware_class, std::function<bool(TransferId)> known);

  void restart() override;
  Outcome advance(MonoTime now) override;
  const std::string& trouble() const override { return trouble_; }
  uint32_t cleared() const { return cleared_; }

 private:
  enum class State { kFindOffers, kFindChunks, kWalk, kClear };

  void enter(State state) { state_ = state; }
  Outcome find(MonoTime now, const std::string& filter, State next);
  Outcome walk(MonoTime now);
  Outcome clear();
  std::string any_transfer(std::string_view topic) const;

  ShelfBench& bench_;
  const std::string hardware_class_;
  const std::function<bool(TransferId)> known_;
  State state_ = State::kFindOffers;
  std::set<TransferId> orphans_;
  uint32_t group_ = 0;    ///< of the first orphan
  uint32_t chunks_ = 0;   ///< one past its largest chunk seen
  bool found_ = false;    ///< the group at hand held something
  uint32_t cleared_ = 0;  ///< transfers
  std::string trouble_;
};

}  // namespace flotilla::controller
