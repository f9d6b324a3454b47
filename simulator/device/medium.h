#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "edge-client/ports/journal.h"
#include "edge-client/ports/slot_storage.h"
#include "simulator/device/page_pool.h"
#include "simulator/engine/chance.h"
#include "simulator/engine/trace.h"

namespace flotilla::sim {

/// The supply of a device's media. It can be made to fail at a chosen operation: that one is torn,
/// and nothing works until the power returns.
class PowerSupply {
 public:
  explicit PowerSupply(Chance chance) : chance_(chance) {}

  enum class Verdict : uint8_t { kRun, kTorn, kOff };
  /// Asked once for every operation that changes a medium.
  Verdict operation();
  /// The operation after `more` others is the last.
  void cut_after(uint32_t more) { left_ = more; }
  void turn_off() { off_ = true; }
  void restore();
  bool is_off() const { return off_; }
  uint64_t operations() const { return operations_; }
  Chance& chance() { return chance_; }

  // What becomes of bytes that were not synced.
  PagedRegion::Fate fate() { return static_cast<PagedRegion::Fate>(chance_.below(4)); }
  uint32_t below(uint32_t bound) { return chance_.below(bound); }

 private:
  Chance chance_;
  bool off_ = false;
  std::optional<uint32_t> left_;
  uint64_t operations_ = 0;
};

/// Both media of one device: the journal's areas and two slots a model, in pages that devices with
/// the same content share.
class DeviceMedium final : public edge::Journal, public edge::SlotStorage {
 public:
  struct Parts {
    PagePool& pool;
    PowerSupply& power;
    Trace& trace;
  };

  DeviceMedium(const Parts& parts, uint8_t models, const edge::SlotGeometry& geometry);
  ~DeviceMedium() = default;

  // Journal
  uint32_t capacity(edge::JournalArea area) override;
  Status erase(edge::JournalArea area, uint8_t model) override;
  Status write(edge::JournalArea area, uint8_t model, uint32_t offset, Bytes bytes) override;
  Status read(edge::JournalArea area, uint8_t model, uint32_t offset, MutableBytes out) override;
  Status sync(edge::JournalArea area, uint8_t model) override;

  // SlotStorage
  edge::SlotGeometry geometry(uint8_t model) override;
  Status begin(uint8_t model, edge::Slot slot, uint64_t image_size) override;
  bool can_resume(uint8_t model, edge::Slot slot, uint64_t image_size) override;
  Status erase(uint8_t model, edge::Slot slot, uint64_t offset, uint64_t length) override;
  Status write(uint8_t model, edge::Slot slot, uint64_t offset, Bytes bytes) override;
  Status read(uint8_t model, edge::Slot slot, uint64_t offset, MutableBytes out) override;
  Status sync(uint8_t model, edge::Slot slot) override;

  /// No room for an image while full; the journal has its own place.
  void set_full(bool full) { full_ = full; }
  /// One bit of what was written to the slot is not what it was any more. False when there is none.
  bool flip(uint8_t model, edge::Slot slot, Chance& chance);
  /// The power is gone: unsynced bytes become anything.
  void lose_power();
  /// Bytes of a slot, whatever the power does; for whoever looks from outside.
  void peek(uint8_t model, edge::Slot slot, uint64_t offset, MutableBytes out) const;
  /// The device as it left the factory, or with a new board.
  void wipe_journal();

 private:
  struct SlotState {
    std::optional<PagedRegion> region;
    uint64_t begun = 0;  ///< image size; 0: not begun
    uint64_t durable_begun = 0;
  };

  static constexpr Status kFull{Code::kResourceExhausted, "no room on the medium"};

  size_t area_index(edge::JournalArea area, uint8_t model) const;
  PagedRegion& region(edge::JournalArea area, uint8_t model);
  SlotState& state(uint8_t model, edge::Slot slot);
  Status change(PagedRegion& region, uint64_t offset, Bytes bytes);

  PagePool& pool_;
  PowerSupply& power_;
  Trace& trace_;
  const edge::SlotGeometry geometry_;
  std::vector<std::optional<PagedRegion>> areas_;
  std::vector<SlotState> slots_;
  bool full_ = false;
};

}  // namespace flotilla::sim
