#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge-client/agent/agent.h"
#include "simulator/broker/byte_session.h"
#include "simulator/device/application.h"
#include "simulator/device/device_keys.h"
#include "simulator/device/link_profile.h"
#include "simulator/device/medium.h"

namespace flotilla::sim {

/// Memory that devices need only within one call; one thread runs them all.
struct SharedMemory {
  explicit SharedMemory(uint32_t chunk_max, uint32_t decoder_memory);
  std::vector<uint64_t> chunk;
  std::vector<uint64_t> decoder;
  std::vector<uint64_t> message;
  std::vector<uint64_t> arena;
};

class DeviceHost;

/// What happens to devices, for checkers.
class DeviceWatch {
 public:
  virtual void on_report(DeviceHost& device, const StateReport& report) = 0;
  virtual void on_activated(DeviceHost& device, uint8_t model, const Digest& image,
                            const Digest& measured) = 0;
  virtual void on_booted(DeviceHost& device, bool started) = 0;
  virtual void on_restless(DeviceHost& device) = 0;
  virtual void on_message(DeviceHost& device) = 0;

 protected:
  ~DeviceWatch() = default;
};

struct DeviceOptions {
  uint32_t number = 0;
  edge::AgentConfig agent;
  edge::SlotGeometry geometry;
  LinkProfile link;
  int32_t clock_ppm = 0;  ///< how much its clock runs fast
  Duration self_test = seconds(2);
  Duration restart = seconds(5);  ///< from the loss of power to the first step
};

struct DeviceSurroundings {
  Scheduler& scheduler;
  Trace& trace;
  Broker& broker;
  PagePool& pool;
  const ImageCatalogue& catalogue;
  SharedMemory& memory;
  DeviceWatch& watch;
  DigestKind digest;
  const std::string& keyset;  ///< provisioned, signed
  Chance chance;              ///< this device's own streams
};

/// One device: the real agent, update machine and MQTT session between a simulated medium, an
/// application and a link to the broker.
class DeviceHost final : private Target, private edge::AgentObserver {
 public:
  DeviceHost(const DeviceOptions& options, const DeviceSurroundings& around);
  DeviceHost(const DeviceHost&) = delete;
  DeviceHost& operator=(const DeviceHost&) = delete;

  // ---- life
  void boot();
  /// Power off now, back after `down`.
  void power_cycle(Duration down);
  /// The medium's operation after `more` others is torn, and the power is gone for `down`.
  void cut_power_after(uint32_t more, Duration down);
  /// A bit of an image that is on its way to the spare slot, and not yet whole, flips there.
  void flip_bit(Chance& chance);
  /// Another software of the device, on the journal of the one before; it restarts.
  void install_software(const std::string& name);
  /// The journal is lost, as with a new board.
  void lose_journal();

  // ---- network
  /// Not reachable while false; connections die, noticed or not.
  void set_reachable(bool reachable, bool noticed);
  bool reachable() const { return reachable_; }
  void drop_connection(bool noticed);

  // ---- looking
  uint32_t number() const { return options_.number; }
  std::string_view id() const { return options_.agent.device.device.view(); }
  const DeviceOptions& options() const { return options_; }
  bool has_power() const { return !power_.is_off(); }
  bool is_up() const { return agent_ != nullptr; }
  const edge::Agent& agent() const { return *agent_; }
  DeviceMedium& medium() { return medium_; }
  const Application& application() const { return application_; }
  PublicKey public_key() const { return signer_.public_key(); }
  uint32_t boots() const { return boots_; }

 private:
  enum Kind : uint32_t {
    kWake,
    kUplink,
    kDownlink,
    kConnected,
    kConnectFailed,
    kPeerClosed,
    kRestart,
    kSelfTest,
    kCrash,
  };
  /// One direction of a connection: nothing arrives before what is ahead of it.
  struct Lane {
    MonoTime free_at;
    MonoTime last_arrival;
    std::deque<std::string> packets;
  };
  /// A connection as this side sees it.
  struct Wire {
    uint64_t epoch = 0;  ///< of the newest attempt; what belongs to an older one is void
    bool open = false;
    bool dead = false;  ///< half-open: nothing passes, nobody knows
    Lane up;
    Lane down;
  };

  void on_event(uint32_t kind, uint64_t value) override;
  void on_online() override {}
  void on_offline(uint8_t, const char*) override {}
  /// What is thought between the loss of power and the end of the call has no consequences.
  void on_report(const StateReport& report) override {
    if (!lost_power()) around_.watch.on_report(*this, report);
  }
  void on_refused(std::string_view, uint8_t) override {}

  MonoTime local(MonoTime time) const;
  MonoTime local_now() const { return local(around_.scheduler.now()); }
  edge::AgentMemory memory();
  bool start_agent();
  void shut_down(Duration down);
  void drive();
  bool drive_once(MonoTime now);
  bool work(MonoTime now);
  void wake_at(MonoTime when);
  void arm();
  bool lost_power() const { return power_.is_off(); }

  void connect();
  void finish_connect(bool accepted);
  void hang_up();
  void send_pending();
  MonoTime arrival(Lane& lane, size_t size);
  void on_uplink();
  void on_downlink();
  void on_bytes_from_broker(std::string bytes);

  DeviceOptions options_;
  DeviceSurroundings around_;
  const TargetId self_;
  Chance network_;
  Chance seeds_;
  PowerSupply power_;
  DeviceMedium medium_;
  Application application_;
  DeviceCrypto crypto_;
  DeviceSignerKey signer_;
  std::unique_ptr<uint64_t[]> reports_;
  std::unique_ptr<edge::Agent> agent_;
  std::unique_ptr<ByteSession> session_;              ///< the broker's end
  std::vector<std::unique_ptr<ByteSession>> ghosts_;  ///< ends that the broker still believes in
  Wire wire_;
  bool reachable_ = true;
  bool down_ = true;
  bool working_ = false;  ///< slow work is left for the next instant
  Duration cut_down_ = seconds(5);
  uint32_t boots_ = 0;
  MonoTime booted_at_;
  MonoTime wake_at_ = kNever;  ///< of the event that is pending
  MonoTime needed_at_;         ///< when the agent wants it
  uint64_t wake_number_ = 0;
};

}  // namespace flotilla::sim
