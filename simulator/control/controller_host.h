#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controller/app/effect_runner.h"
#include "controller/app/intake.h"
#include "controller/app/loop.h"
#include "controller/app/shelf_desk.h"
#include "simulator/control/broker_transport.h"
#include "simulator/control/forgetful_store.h"
#include "simulator/control/memory_artifacts.h"
#include "simulator/control/memory_cache.h"
#include "simulator/control/signing.h"

namespace flotilla::sim {

struct ControllerOptions {
  controller::ControlPlaneConfig plane;
  std::string topic_prefix = "flotilla";
  Duration restart = seconds(5);
  Duration check = milliseconds(3);  ///< of an attestation
  Duration build = seconds(1);       ///< of the payloads of one class
};

struct ControllerSurroundings {
  Scheduler& scheduler;
  Broker& broker;
  Trace& trace;
  DigestKind digest;
  Chance chance;
  std::string keyset;
};

/// Where in a turn of the loop the process dies.
enum class CrashPoint : uint8_t {
  kBeforeCommit,
  kAfterCommit,  ///< durable, and no effect was performed
  kAmidEffects,  ///< some were
};

/// The controller's process: the product's loop, intake, effect runner and chunk shelf, on a store
/// and transports of the simulated world. It can die at any commit or effect, and starts again from
/// what is durable.
class ControllerHost final : private Target {
 public:
  ControllerHost(const ControllerOptions& options, const ControllerSurroundings& around);
  ~ControllerHost();

  void start();
  bool running() const { return process_ != nullptr; }
  /// The state of the running process; null while it cannot be read or the process is down.
  const controller::ControlPlane* plane() const;
  /// One operator's command; kUnavailable while the process is down.
  Status execute(const controller::Event& event, const std::string& actor);

  // ---- faults
  void kill(Duration down);
  /// At the `count`th boundary of this kind from now.
  void die_at(CrashPoint point, uint32_t count, Duration down);
  void set_reachable(bool reachable, bool noticed);
  /// Starts again with the director's key of this number and a keyset that names it, as an operator
  /// does it: new files, and a restart.
  void rotate_director(uint64_t number, const std::string& keyset, Duration down);
  void jump_wall_clock(Duration by) { wall_offset_ = {wall_offset_.ms + by.ms}; }
  ForgetfulStore& store() { return store_; }
  MemoryArtifacts& artifacts() { return artifacts_; }

  WallTime wall_now() const;
  const Topics& topics() const { return topics_; }
  SimHasher& hasher() { return hasher_; }
  SimSigner& release_key() { return release_key_; }
  uint32_t crashes() const { return crashes_; }
  const controller::ControlPlaneConfig& config() const { return options_.plane; }
  controller::app::EffectCounters effect_counters() const;
  controller::app::IntakeCounters intake_counters() const;
  const std::deque<std::string>& log() const { return log_; }
  /// Called after each turn of the loop.
  std::function<void()> after_turn;

 private:
  enum Kind : uint32_t { kTurn, kTick, kJob, kShelf, kStart };
  struct Process;
  class GuardedStore;

  void on_event(uint32_t kind, uint64_t value) override;
  void turn();
  void wake();
  void drive_shelf();
  void schedule_shelf();
  bool submit(std::function<void()> job, Duration takes);
  void die();
  void at_boundary(CrashPoint point);
  void complain(const std::string& line);

  ControllerOptions options_;
  ControllerSurroundings around_;
  const TargetId self_;
  Topics topics_;
  SimHasher hasher_;
  SimVerifier verifier_;
  SimSigner release_key_;
  SimSigner director_key_;
  ForgetfulStore store_;
  MemoryArtifacts artifacts_;
  MemoryCache payloads_;
  controller::InOrder parallel_;
  BrokerTransport publisher_;
  BrokerTransport auditor_;
  std::unique_ptr<GuardedStore> guarded_;
  std::unique_ptr<Process> process_;
  uint64_t life_ = 0;  ///< events of an earlier process are void
  MonoTime started_at_;
  MonoTime turn_at_ = kNever;
  MonoTime shelf_at_ = kNever;
  Duration wall_offset_;
  std::optional<CrashPoint> crash_point_;
  uint32_t crash_count_ = 0;
  Duration crash_down_;
  uint32_t crashes_ = 0;
  std::deque<std::string> log_;
};

}  // namespace flotilla::sim
