#pragma once

#include <array>
#include <optional>
#include <string>

#include "edge-client/agent/agent.h"
#include "simulator/load/swarm/application.h"
#include "simulator/load/swarm/broker_link.h"
#include "simulator/load/swarm/device_log.h"
#include "simulator/load/swarm/surroundings.h"

namespace flotilla::sim {

/// One device of a swarm: the real agent (update machine, MQTT session, wire format) between a
/// socket, storage in memory and an application.
class VirtualDevice final : private edge::AgentObserver {
 public:
  VirtualDevice(Surroundings& around, uint32_t number);
  VirtualDevice(const VirtualDevice&) = delete;
  VirtualDevice& operator=(const VirtualDevice&) = delete;

  /// Power on. Throws std::runtime_error when the agent cannot start.
  void start(MonoTime now);
  /// Whatever is due, on the socket and by time.
  void drive(MonoTime now);
  /// Says goodbye.
  void stop(MonoTime now);

  MonoTime next_deadline(MonoTime now) const;
  /// Negative: no socket.
  int fd() const { return link_.state() == BrokerLink::State::kClosed ? -1 : link_.fd(); }
  uint32_t wanted_events() const { return link_.wanted_events(!agent_->pending_output().empty()); }

  // For the owner's poll set and timers.
  uint32_t registered = 0;  ///< events of the descriptor; 0: not in the set
  MonoTime armed = kNever;  ///< earliest timer

 private:
  // edge::AgentObserver
  void on_online() override;
  void on_offline(uint8_t reason_code, const char* reason) override;
  void on_report(const StateReport& report) override;
  void on_refused(std::string_view topic, uint8_t reason_code) override;

  Conduct draw_conduct() const;
  bool run_life(MonoTime now);
  void power_off(MonoTime back);
  void run_agent(MonoTime now);
  void run_link(MonoTime now);
  void open(MonoTime now);
  void establish(MonoTime now);
  void hang_up(MonoTime now);
  Status receive(MonoTime now);
  Status send(MonoTime now);
  void note_counters();
  void toggle_reachability(MonoTime now);
  int64_t exponential_ms(int64_t mean_ms);

  static constexpr size_t kStateReport = 768;   ///< one model, with attestation
  static constexpr size_t kHealthReport = 256;  ///< one model

  Surroundings& around_;
  const uint32_t number_;
  const Conduct conduct_;
  bool reachable_ = true;
  bool acknowledged_ = false;
  bool stopping_ = false;
  bool more_ = false;  ///< to be read at once
  uint32_t messages_ = 0;
  uint32_t refused_ = 0;
  MonoTime now_;                 ///< of the call in progress
  MonoTime back_at_ = kNever;    ///< without power until then
  MonoTime toggle_at_ = kNever;  ///< of reachability
  Prng chance_;
  DeviceLog log_;
  DeviceCrypto crypto_;
  DeviceSignerKey signer_;
  MemoryStorage storage_;
  Application application_;
  BrokerLink link_;
  std::string tail_;  ///< of a packet that has not arrived completely
  alignas(8) std::array<uint8_t, kStateReport + kHealthReport> reports_;
  std::optional<edge::Agent> agent_;
};

}  // namespace flotilla::sim
