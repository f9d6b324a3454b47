#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "simulator/load/display.h"
#include "simulator/load/enrolment.h"
#include "simulator/load/options.h"
#include "simulator/load/recorder.h"

namespace flotilla::sim {

/// One run: brings up what it needs, lets the fleet connect, rolls out two versions, restarts the
/// broker when asked to, and reports what it saw, also when something ended it early.
class Conductor {
 public:
  Conductor(const LoadOptions& options, const std::atomic<bool>& stop_asked);
  ~Conductor();

  LoadReport run();

 private:
  bool interrupted() const;
  bool out_of_time() const { return recorder_.elapsed_s() > options_.minutes * 60; }

  void prepare();
  void make_plants();
  void enrol_all();
  void start_swarms();
  SwarmConfig swarm_config(uint32_t index) const;
  void await_fleet();
  void roll(Phase phase);
  std::vector<uint32_t> publish(Phase phase);
  bool phase_over(Phase phase, const std::vector<uint32_t>& rollouts);
  bool mostly_over(Phase phase) const;
  void cancel(const std::vector<uint32_t>& rollouts);
  void watch_phase(Phase phase, const std::vector<uint32_t>& rollouts);
  void restart_brokers();
  void await_herd();
  void finish();

  /// One turn of watching: a sample and a picture when they are due. Throws LoadError when
  /// something died, was interrupted, or time is up.
  void tick();
  void check_alive();
  View view() const;
  Watched watched() const;

  const LoadOptions options_;
  const std::atomic<bool>& stop_asked_;
  SharedBoard board_;
  Recorder recorder_;
  Display display_;
  LoadReport report_;
  std::string folder_;
  std::string stage_;
  Naming naming_;
  std::string identity_;
  std::unique_ptr<DeviceKeys> keys_;
  std::unique_ptr<Pki> pki_;
  std::vector<std::unique_ptr<Plant>> plants_;
  std::vector<Share> shares_;
  std::vector<Child> swarms_;
  std::atomic<uint64_t> enrolled_{0};
  double phase_began_s_ = 0;
  double progress_at_s_ = 0;  ///< when a device last came to an end of its update
  uint64_t progress_ = 0;
  double state_asked_s_ = 0;
};

}  // namespace flotilla::sim
