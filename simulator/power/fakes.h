#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "edge-client/ports/journal.h"
#include "edge-client/ports/model_runtime.h"
#include "edge-client/ports/outbox.h"
#include "edge-client/ports/slot_storage.h"
#include "simulator/power/crypto.h"
#include "simulator/power/medium.h"

namespace flotilla::edge::test {

/// Makes one call of a port fail, for tests of errors that are not power cuts.
struct FaultPlan {
  /// Called with the name of each operation, such as "storage.sync"; true: it fails.
  std::function<bool(const std::string&)> fails;

  bool hits(const std::string& operation) const { return fails && fails(operation); }
};

/// Breaches of the ports' contracts by the core; tests expect it to stay empty.
using Breaches = std::vector<std::string>;

class FakeJournal final : public Journal {
 public:
  FakeJournal(Power& power, Breaches& breaches, uint8_t models);
  ~FakeJournal() = default;

  uint32_t capacity(JournalArea area) override;
  Status erase(JournalArea area, uint8_t model) override;
  Status write(JournalArea area, uint8_t model, uint32_t offset, Bytes bytes) override;
  Status read(JournalArea area, uint8_t model, uint32_t offset, MutableBytes out) override;
  Status sync(JournalArea area, uint8_t model) override;

  Region& region(JournalArea area, uint8_t model);
  void lose_power();

  uint32_t progress_capacity = 8192;
  uint32_t changes = 0;  ///< writes and erases
  FaultPlan faults;

 private:
  Power& power_;
  Breaches& breaches_;
  std::map<std::pair<JournalArea, uint8_t>, Region> regions_;
};

class FakeStorage final : public SlotStorage {
 public:
  FakeStorage(Power& power, Breaches& breaches, uint8_t models, const SlotGeometry& geometry);
  ~FakeStorage() = default;

  SlotGeometry geometry(uint8_t model) override;
  Status begin(uint8_t model, Slot slot, uint64_t image_size) override;
  bool can_resume(uint8_t model, Slot slot, uint64_t image_size) override;
  Status erase(uint8_t model, Slot slot, uint64_t offset, uint64_t length) override;
  Status write(uint8_t model, Slot slot, uint64_t offset, Bytes bytes) override;
  Status read(uint8_t model, Slot slot, uint64_t offset, MutableBytes out) override;
  Status sync(uint8_t model, Slot slot) override;

  Region& region(uint8_t model, Slot slot);
  void lose_power();

  uint32_t changes = 0;  ///< begins, writes and erases
  uint32_t erases = 0;
  std::vector<uint32_t> write_sizes;        ///< of every write, in order
  uint64_t free_bytes = UINT64_MAX;         ///< begin() of more is kResourceExhausted
  std::function<bool(uint8_t, Slot)> busy;  ///< a slot that must not change now
  FaultPlan faults;

 private:
  void guard(uint8_t model, Slot slot, const char* operation);

  Power& power_;
  Breaches& breaches_;
  SlotGeometry geometry_;
  std::vector<Region> regions_;
  std::vector<uint64_t> begun_;  ///< image size; 0: not begun
  std::vector<uint64_t> durable_begun_;
};

/// The application, and what the boot loader or the symlink says.
class FakeRuntime final : public ModelRuntime {
 public:
  FakeRuntime(Power& power, Breaches& breaches, uint8_t models);
  ~FakeRuntime() = default;

  Status store_golden(uint8_t model, const Digest& digest, Bytes golden) override;
  Status start_self_test(uint8_t model, Slot slot, const Digest& image,
                         const Digest& golden) override;
  Status activate(uint8_t model, Slot slot, const Digest& image) override;
  Status reload(uint8_t model) override;
  HealthSample health(uint8_t model) override;

  struct App {
    Slot slot = Slot::kNone;  ///< what the application would find; durable
    Digest image;
    bool running = false;
    Digest loaded;
  };
  App& app(uint8_t model) { return apps_[model]; }

  /// Checks an image that is about to be activated or tested.
  std::function<void(uint8_t, Slot, const Digest&)> inspect;
  std::function<void(uint8_t, const Digest&)> on_self_test;
  /// Changes the healthy sample of an application that has loaded something.
  std::function<void(uint8_t, HealthSample&)> judge;
  std::map<Digest, std::vector<uint8_t>> golden;
  uint32_t reloads = 0;
  FaultPlan faults;

 private:
  Power& power_;
  Breaches& breaches_;
  std::vector<App> apps_;
};

/// What was asked of the connection.
class FakeOutbox final : public Outbox {
 public:
  FakeOutbox(const Power& power, FakeCrypto& crypto) : power_(power), crypto_(crypto) {}
  ~FakeOutbox() = default;

  Status request_offer(TransferId transfer) override;
  Status request_group(TransferId transfer, uint32_t group) override;
  Status release_group(TransferId transfer, uint32_t group) override;
  Status release_offer(TransferId transfer) override;
  Status send_state(const StateReport& report) override;
  Status send_health(const HealthReport& report) override;
  Result<size_t> attest(const Attestation& attestation, MutableBytes out) override;

  bool connected = false;
  std::function<void(TransferId)> on_offer_request;
  std::function<void(TransferId, uint32_t)> on_group_request;
  std::function<void(const StateReport&)> on_state;
  std::vector<std::string> log;           ///< requests and releases, such as "group 3"
  std::vector<StateReport> states;        ///< without attestations
  std::vector<Attestation> attestations;  ///< every one that was signed
  std::vector<HealthReport> healths;
  FaultPlan faults;

 private:
  bool is_online() const { return connected && !power_.is_off(); }

  const Power& power_;
  FakeCrypto& crypto_;
};

}  // namespace flotilla::edge::test
