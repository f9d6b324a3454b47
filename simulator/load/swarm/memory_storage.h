#pragma once

#include <array>
#include <memory>
#include <vector>

#include "edge-client/ports/journal.h"
#include "edge-client/ports/slot_storage.h"
#include "simulator/load/swarm/content_pool.h"
#include "simulator/load/swarm/shared_record.h"

namespace flotilla::sim {

/// The media of one device with one model, in memory that devices with the same content share. The
/// power does not fail here (`flotilla-sim run` and `power-cut` are for that): what was written is
/// there, also after the device has restarted.
class MemoryStorage final : public edge::Journal, public edge::SlotStorage {
 public:
  MemoryStorage(ContentPool& pool, uint32_t slot_size) : pool_(pool), slot_size_(slot_size) {}
  ~MemoryStorage() = default;

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

  /// Digest of the image in a slot. Computed once for all devices that hold the same bytes.
  template <typename Hash>
  Digest measure(edge::Slot slot, Hash&& hash);

 private:
  struct SlotState {
    TablePtr table;  ///< null: nothing was begun
    uint32_t begun = 0;
  };
  /// Pages that were written since the last sync, of one slot at a time.
  struct Dirty {
    uint32_t page = 0;
    std::string bytes;
  };

  SlotState& state(edge::Slot slot) { return slots_[static_cast<size_t>(slot)]; }
  std::string& own(edge::Slot slot, uint32_t page);
  const std::string& page(const SlotState& at, uint32_t number) const;

  ContentPool& pool_;
  uint32_t slot_size_;
  edge::Slot dirty_slot_ = edge::Slot::kNone;
  std::array<SharedRecord, 5> areas_;  ///< up to the last byte written
  std::array<SlotState, 2> slots_;
  std::vector<Dirty> dirty_;
};

template <typename Hash>
Digest MemoryStorage::measure(edge::Slot slot, Hash&& hash) {
  if (slot == edge::Slot::kNone || state(slot).table == nullptr) return {};
  if (dirty_slot_ == slot) (void)sync(0, slot);
  PageTable& table = *state(slot).table;
  if (!table.digest.has_value()) {
    std::string image;
    for (const Content& content : table.pages) image += *content;
    table.digest = hash(as_bytes(image).first(state(slot).begun));
  }
  return *table.digest;
}

}  // namespace flotilla::sim
