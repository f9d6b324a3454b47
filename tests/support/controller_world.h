#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>

#include "controller/domain/control_plane.h"
#include "tests/support/controller_device.h"
#include "tests/support/controller_hasher.h"
#include "tests/support/controller_memory_store.h"

namespace flotilla::testing {

/// "d0", "d1", ...
std::string device_name(int number);

/// A control plane with its store, a broker and workers that do what effects ask, and devices that
/// follow directives; all on one clock that moves a second at a time.
class World {
 public:
  explicit World(controller::ControlPlaneConfig config = {});

  // ---- the controller
  /// One step: commit, then the effects. The first refusal of a test is kept in the result.
  controller::StepResult step(const controller::Event& event, const std::string& actor = "alice");
  /// The process dies; what was committed is loaded by a new one, which connects again.
  void restart();
  controller::ControlPlane& plane() { return *plane_; }
  std::vector<controller::AuditEntry> audit();
  /// action + object of every audit entry, sorted.
  std::multiset<std::string> audit_summary();

  // ---- what tests need again and again
  void define_class(const std::string& name);
  /// Version `number` of `model` for `classes`; its images are image(model, number, class).
  void publish(const std::string& model, uint32_t number, const std::vector<std::string>& classes);
  Digest image(const std::string& model, uint32_t number, const std::string& hardware_class);
  ScriptedDevice& add_device(const std::string& id, const std::string& hardware_class,
                             const std::string& model, uint32_t running_version);
  /// Versions 1 and 2 of pose for class mcu, and `count` devices that run version 1 and have said
  /// so.
  void populate(int count);
  void enrol(const std::string& id, const std::string& hardware_class);
  /// Starts a rollout that must not be refused; returns its number.
  uint32_t start(const std::string& model, uint32_t version,
                 const controller::RolloutPolicy& policy = {});
  controller::StepResult operate(uint32_t rollout, controller::RolloutVerb verb);

  // ---- time
  void run(int64_t seconds);
  /// At most an hour; true when `done` came true.
  bool run_until(const std::function<bool()>& done);
  bool run_until_state(uint32_t rollout, controller::RolloutState state);
  void connect();
  void lose_broker(bool forgetting);

  controller::RolloutState state(uint32_t rollout);
  const std::string& reason(uint32_t rollout);
  controller::AssignmentState assignment(uint32_t rollout, const std::string& device);
  uint32_t count(uint32_t rollout, controller::AssignmentState state);

  controller::ControlPlaneConfig config;
  TestHasher hasher;
  MemoryStore store;
  Retained retained;
  std::map<std::string, ScriptedDevice> devices;
  WallTime now{1'700'000'000'000};
  bool online = true;
  bool signing = true;        ///< checkpoints are signed when asked for
  bool building = true;       ///< workers answer
  std::string build_failure;  ///< what they answer instead of payloads
  bool build_may_pass = false;
  std::string place_refusal;        ///< the broker's answer to chunks; empty: it takes them
  std::string directive_refusal;    ///< the same for directives
  std::set<TransferId> lost_files;  ///< payloads that are gone until they are built anew
  uint64_t message_bytes = 1000;
  uint64_t steps = 0;
  std::set<uint64_t> crash_after;  ///< steps whose effects are lost with the process
  bool restart_always = false;     ///< the process dies after each step; its effects do not
  std::map<std::string, uint64_t> acknowledgements;
  std::vector<controller::BuildTransfers> builds;
  std::vector<Directive> published;
  std::vector<Digest> revoked;  ///< that the newest of them names
  std::set<Digest> removed;     ///< artifacts

 private:
  void load();
  void reload();
  void second();
  void drain();
  void carry_out(const controller::Effect& effect);
  void place(const controller::Transfer& transfer);
  void build(const controller::BuildTransfers& effect);
  controller::Transfer payload(const controller::BuildTransfers& effect, const Digest& base);

  std::unique_ptr<controller::ControlPlane> plane_;
  std::deque<controller::Effect> effects_;
  bool draining_ = false;
};

}  // namespace flotilla::testing
