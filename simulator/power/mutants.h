#pragma once

#include <memory>

#include "schemas/base/crc32c.h"
#include "simulator/power/world.h"

/// Defects between a device and its media: what it would do if its code had forgotten something. A
/// test of power cuts that does not notice them proves nothing.
namespace flotilla::edge::test {

inline bool is_boot_record(JournalArea area) {
  return area == JournalArea::kBoot0 || area == JournalArea::kBoot1;
}

/// Passes everything on.
class JournalMutant : public Journal {
 public:
  explicit JournalMutant(Journal& inner) : inner_(inner) {}
  virtual ~JournalMutant() = default;

  uint32_t capacity(JournalArea area) override { return inner_.capacity(area); }
  Status erase(JournalArea area, uint8_t model) override { return inner_.erase(area, model); }
  Status write(JournalArea area, uint8_t model, uint32_t offset, Bytes bytes) override {
    return inner_.write(area, model, offset, bytes);
  }
  Status read(JournalArea area, uint8_t model, uint32_t offset, MutableBytes out) override {
    return inner_.read(area, model, offset, out);
  }
  Status sync(JournalArea area, uint8_t model) override { return inner_.sync(area, model); }

 protected:
  Journal& inner_;
};

class StorageMutant : public SlotStorage {
 public:
  explicit StorageMutant(SlotStorage& inner) : inner_(inner) {}
  virtual ~StorageMutant() = default;

  SlotGeometry geometry(uint8_t model) override { return inner_.geometry(model); }
  Status begin(uint8_t model, Slot slot, uint64_t image_size) override {
    return inner_.begin(model, slot, image_size);
  }
  bool can_resume(uint8_t model, Slot slot, uint64_t image_size) override {
    return inner_.can_resume(model, slot, image_size);
  }
  Status erase(uint8_t model, Slot slot, uint64_t offset, uint64_t length) override {
    return inner_.erase(model, slot, offset, length);
  }
  Status write(uint8_t model, Slot slot, uint64_t offset, Bytes bytes) override {
    return inner_.write(model, slot, offset, bytes);
  }
  Status read(uint8_t model, Slot slot, uint64_t offset, MutableBytes out) override {
    return inner_.read(model, slot, offset, out);
  }
  Status sync(uint8_t model, Slot slot) override { return inner_.sync(model, slot); }

 protected:
  SlotStorage& inner_;
};

/// A sync of the journal was forgotten.
class NoJournalSync final : public JournalMutant {
 public:
  NoJournalSync(Journal& inner, bool of_records) : JournalMutant(inner), of_records_(of_records) {}
  Status sync(JournalArea area, uint8_t model) override {
    return is_boot_record(area) == of_records_ ? ok_status() : inner_.sync(area, model);
  }

 private:
  bool of_records_;
};

/// The sync of the slot was forgotten.
class NoSlotSync final : public StorageMutant {
 public:
  using StorageMutant::StorageMutant;
  Status sync(uint8_t, Slot) override { return ok_status(); }
};

/// A slot's sync and the record that relies on it, in the wrong order.
struct LateSync {
  bool due = false;
  uint8_t model = 0;
  Slot slot = Slot::kNone;
};

class SlotSyncAfterRecord final : public StorageMutant {
 public:
  SlotSyncAfterRecord(SlotStorage& inner, std::shared_ptr<LateSync> late)
      : StorageMutant(inner), late_(std::move(late)) {}
  Status sync(uint8_t model, Slot slot) override {
    *late_ = {true, model, slot};
    return ok_status();
  }

 private:
  std::shared_ptr<LateSync> late_;
};

class RecordBeforeSlotSync final : public JournalMutant {
 public:
  RecordBeforeSlotSync(Journal& inner, SlotStorage& slots, std::shared_ptr<LateSync> late)
      : JournalMutant(inner), slots_(slots), late_(std::move(late)) {}
  Status sync(JournalArea area, uint8_t model) override {
    FLOTILLA_TRY(inner_.sync(area, model));
    if (!late_->due || !is_boot_record(area)) return ok_status();
    late_->due = false;
    return slots_.sync(late_->model, late_->slot);
  }

 private:
  SlotStorage& slots_;
  std::shared_ptr<LateSync> late_;
};

/// The copy for the record after this one is erased before this one is written, not behind it.
class OtherCopyErasedFirst final : public JournalMutant {
 public:
  using JournalMutant::JournalMutant;
  Status erase(JournalArea area, uint8_t model) override {
    if (area == JournalArea::kBoot0) FLOTILLA_TRY(inner_.erase(JournalArea::kBoot1, model));
    if (area == JournalArea::kBoot1) FLOTILLA_TRY(inner_.erase(JournalArea::kBoot0, model));
    return inner_.erase(area, model);
  }
};

/// Records are believed without a look at their checksum: what is read always bears a right one.
class NoRecordChecksum final : public JournalMutant {
 public:
  using JournalMutant::JournalMutant;
  Status read(JournalArea area, uint8_t model, uint32_t offset, MutableBytes out) override {
    FLOTILLA_TRY(inner_.read(area, model, offset, out));
    if (!is_boot_record(area) || offset != 0) return ok_status();
    const size_t covered = size_t{16} + load_u16_le(out.data() + 6);
    if (covered + 4 > out.size()) return ok_status();
    store_u32_le(out.data() + covered, crc32c(out.first(covered)));
    return ok_status();
  }
};

/// The digest of what the slot returns was forgotten: entries of the progress log and the whole
/// image are believed. The device reads the slot's true bytes when it runs them.
class BelievesProgress final : public JournalMutant {
 public:
  BelievesProgress(Journal& inner, World& world) : JournalMutant(inner), world_(world) {}
  Status read(JournalArea area, uint8_t model, uint32_t offset, MutableBytes out) override {
    FLOTILLA_TRY(inner_.read(area, model, offset, out));
    if (area != JournalArea::kProgress || out.size() != 40) return ok_status();
    const uint64_t begin = load_u32_le(out.data() + 12);
    const uint64_t length = load_u32_le(out.data() + 16);
    const Slot slot = other(world_.runtime.app(model).slot);
    const Bytes bytes = world_.storage.region(model, slot).bytes();
    if (begin > bytes.size() || length > bytes.size() - begin) return ok_status();
    const Digest digest = world_.crypto.digest_of(bytes.subspan(begin, length));
    copy(digest.view().first(16), out.subspan(20, 16));
    store_u32_le(out.data() + 36, crc32c(out.first(36)));
    return ok_status();
  }

 private:
  World& world_;
};

}  // namespace flotilla::edge::test
