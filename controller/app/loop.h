#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "controller/api/api.h"
#include "controller/app/intake.h"
#include "controller/app/mailbox.h"
#include "controller/domain/control_plane.h"

namespace flotilla::controller::app {

/// Where effects go; called on the loop thread, only after the commit of what they follow from.
class Outlets {
 public:
  /// A new connection to the broker: subscribe, publish what is owed to every connection.
  virtual void connected(const ControlPlane& plane) = 0;
  virtual void perform(const Effect& effect) = 0;
  /// Once after each turn: what is cheaper to do once for many steps.
  virtual void settle(const ControlPlane& plane, MonoTime now) = 0;

 protected:
  ~Outlets() = default;
};

struct LoopParts {
  Store& store;
  Hasher& hasher;
  Mailbox& mailbox;
  api::Api& api;
  Intake& intake;
  Outlets& outlets;
  ControlPlaneConfig config;
  std::function<WallTime()> wall_clock;
  std::function<MonoTime()> mono_clock;
  /// One line for people: what failed, and why.
  std::function<void(const char* event, const char* reason)> complain;
};

struct LoopCounters {
  uint64_t steps = 0;
  uint64_t commits = 0;
  uint64_t failed_commits = 0;
  uint64_t reloads = 0;
};

/// The one thread that owns the control plane: take mail, step, commit all writes of the turn as
/// one batch, then perform the effects and release the replies. When a commit fails nothing of the
/// turn has happened: the control plane is loaded again and the loop takes no change for a while;
/// queries are answered, commands get 503, facts wait, devices repeat their reports.
class Loop {
 public:
  static constexpr size_t kBatch = 256;    ///< mail of one turn
  static constexpr int64_t kWaitMs = 100;  ///< for mail; what settle() put off is looked at then
  static constexpr Duration kTickInterval = seconds(1);
  static constexpr Duration kPause = seconds(1);  ///< after a failed commit or reload

  explicit Loop(LoopParts parts);

  /// Reads the store; before anything else.
  Status load();
  /// One command outside the mailbox, committed when it returns; before run().
  Status execute(const Event& event, const Actor& actor);
  /// Turns until the mailbox is closed and empty.
  void run(const std::function<bool()>& stopped);
  /// Waits at most `wait_ms` for mail, then works through what there is. True if there was any.
  bool turn(int64_t wait_ms);

  /// From now on, also after a reload. Loop thread only.
  void use_keyset(uint32_t epoch);

  /// Null after a failed reload. Loop thread only.
  const ControlPlane* plane() const { return plane_.get(); }
  const LoopCounters& counters() const { return counters_; }

 private:
  struct Reply {
    std::unique_ptr<ApiCall> call;
    api::Response response;
  };
  /// What one turn has gathered and not yet committed.
  struct Batch {
    std::map<std::string, std::optional<std::string>> writes;
    std::vector<Effect> effects;
    std::vector<Reply> replies;
    std::vector<Fact> facts;
    bool connected = false;
  };

  StepResult step(Batch& batch, const Event& event, const Actor& actor);
  void take(Batch& batch, Mail mail);
  void answer(Batch& batch, std::unique_ptr<ApiCall> call);
  void take_fact(Batch& batch, Fact fact);
  void take_message(Batch& batch, const BrokerMessage& message);
  void tick(Batch& batch);
  Status finish(Batch batch);
  Status commit(const Batch& batch);
  void publish(Batch& batch);
  void give_up(Batch& batch, Status why);
  void reload();
  /// What a turn does while no change can be stored.
  void idle(std::vector<Mail> mail);
  void answer_without_change(std::unique_ptr<ApiCall> call);

  LoopParts parts_;
  std::unique_ptr<ControlPlane> plane_;
  std::vector<Fact> deferred_;  ///< facts of turns that could not be committed
  bool broker_connected_ = false;
  MonoTime next_tick_{INT64_MIN / 2};
  MonoTime paused_until_{INT64_MIN / 2};
  const char* pause_reason_ = "";
  LoopCounters counters_;
};

}  // namespace flotilla::controller::app
