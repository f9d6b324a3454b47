#pragma once

#include <cstdint>

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"

namespace flotilla::edge {

/// Small durable areas, each in erase units of its own, so that a torn write in one harms no other.
enum class JournalArea : uint8_t {
  kDevice0,   ///< device record, copy 0
  kDevice1,   ///< device record, copy 1
  kBoot0,     ///< boot record of a model, copy 0
  kBoot1,     ///< boot record of a model, copy 1
  kProgress,  ///< progress log of a model's transfer
};

/// Same failure model as SlotStorage. `model` is 0 for the device areas.
class Journal {
 public:
  /// Bytes the area can hold. At least 1 KiB for a boot record, 4 KiB for a device record.
  virtual uint32_t capacity(JournalArea area) = 0;
  virtual Status erase(JournalArea area, uint8_t model) = 0;
  /// Writes into erased space.
  virtual Status write(JournalArea area, uint8_t model, uint32_t offset, Bytes bytes) = 0;
  /// Bytes never written read as 0xFF (also when the area does not exist yet).
  virtual Status read(JournalArea area, uint8_t model, uint32_t offset, MutableBytes out) = 0;
  virtual Status sync(JournalArea area, uint8_t model) = 0;

 protected:
  ~Journal() = default;
};

}  // namespace flotilla::edge
