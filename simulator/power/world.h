#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "edge-client/core/device.h"
#include "simulator/power/fakes.h"
#include "simulator/power/publisher.h"

namespace flotilla::edge::test {

struct WorldOptions {
  uint8_t models = 1;
  SlotGeometry geometry{4096, 64, 4};
  uint64_t seed = 1;
};

/// One device, its medium and application, and a broker that holds what was published. Virtual
/// time; everything happens in settle(). Checks the invariants on the way: only slots that hold a
/// published image are tested or activated, the slot in use never changes, the floor never goes
/// back.
class World {
 public:
  explicit World(const WorldOptions& options = {});

  // ---- the device's life
  Status boot();       ///< a new process; the application keeps running
  void power_cycle();  ///< the medium loses what a cut loses, the application restarts
  void connect();
  void disconnect();
  /// Delivers, ticks and works until nothing is left to do before `limit` has passed.
  void settle(Duration limit = seconds(0));
  /// Until `done`, at most `limit` of virtual time. True when done.
  bool run_until(const std::function<bool()>& done, Duration limit = seconds(3600));

  // ---- the broker
  /// Publishes an image as a full payload and remembers it as allowed to run.
  Publication publish(const std::vector<uint8_t>& image, uint32_t version,
                      const std::vector<uint8_t>* base = nullptr, uint32_t range = 128);
  void put(const Publication& publication) { published[publication.id] = publication; }
  void send(const Directive& directive, bool personal = false);
  void send(const SignedMessage<Directive>& directive, bool personal = false);
  void deliver_chunk(const Publication& publication, uint32_t index);

  // ---- looking
  Device& device() { return *device_; }
  bool is_up() const { return device_ != nullptr; }
  /// The model's part of the newest state report.
  const ModelState& state(uint8_t model = 0) const;
  UpdateState update_state(uint8_t model = 0) const { return state(model).state; }
  Digest active_digest(uint8_t model = 0) { return runtime.app(model).image; }
  /// Everything that a call may have written.
  uint32_t writes() const { return storage.changes + journal.changes; }
  /// Puts something between the device and its media, from the next boot on.
  void interpose(std::shared_ptr<Journal> journal_port, std::shared_ptr<SlotStorage> storage_port) {
    journal_port_ = std::move(journal_port);
    storage_port_ = std::move(storage_port);
  }
  void allow(const std::vector<uint8_t>& image);

  WorldOptions options;
  Power power;
  Breaches breaches;
  FakeCrypto crypto;
  Publisher publisher{crypto};
  FakeStorage storage;
  FakeJournal journal;
  FakeRuntime runtime;
  FakeOutbox outbox{power, crypto};
  DeviceConfig config;
  SignedMessage<Keyset> keyset;
  MonoTime now{1000};

  std::map<TransferId, Publication> published;
  std::map<std::pair<TransferId, uint32_t>, uint32_t> delivered;  ///< chunks, by how often
  bool answer_offers = true;
  bool answer_groups = true;
  bool acknowledge = true;
  std::function<void(TransferId, uint32_t)> before_chunk;
  SelfTestOutcome self_test = SelfTestOutcome::kPassed;
  bool answer_self_test = true;
  bool check_images = true;         ///< off where the journal is forged, and with it what is active
  Acknowledgement acknowledgement;  ///< besides the order

 private:
  void wire_up();
  void inspect(uint8_t model, Slot slot, const Digest& image);
  void check_after_step();
  void step(MonoTime limit, bool& idle);

  std::shared_ptr<Journal> journal_port_;      ///< none: the journal itself
  std::shared_ptr<SlotStorage> storage_port_;  ///< none: the storage itself
  std::unique_ptr<Device> device_;
  std::vector<uint64_t> chunk_memory_;
  std::vector<uint64_t> decoder_memory_;
  std::deque<std::function<void()>> queue_;
  std::map<Digest, uint64_t> allowed_;  ///< image digest -> size
  std::vector<uint32_t> floors_;
  uint64_t boots_ = 0;
};

/// Deterministic bytes; `like` some other ones but for a few runs.
std::vector<uint8_t> make_image(uint64_t seed, size_t size);
std::vector<uint8_t> vary(const std::vector<uint8_t>& like, uint64_t seed);

}  // namespace flotilla::edge::test
