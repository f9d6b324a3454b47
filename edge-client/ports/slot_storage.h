#pragma once

#include <cstdint>

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"

namespace flotilla::edge {

/// One of the two places of a model.
enum class Slot : uint8_t { kA = 0, kB = 1, kNone = 2 };

constexpr Slot other(Slot slot) {
  return slot == Slot::kA ? Slot::kB : (slot == Slot::kB ? Slot::kA : Slot::kA);
}

struct SlotGeometry {
  uint64_t size = 0;        ///< bytes a slot can hold
  uint32_t erase_unit = 1;  ///< bytes; ranges handed to erase() are multiples, but for the end
  uint32_t write_unit = 1;  ///< bytes; writes start at multiples of it
};

/// Two slots a model, like NOR flash: erase, then write once, then read. Models are numbered in the
/// order of the device's configuration.
///
/// Power may fail inside any call: afterwards each byte of the range is old, erased, new or garbage
/// until sync() had returned. Adapters map "begin" to their medium: flash erases lazily, a file
/// system makes a new inode, so that an application that still maps the old image is safe.
class SlotStorage {
 public:
  virtual SlotGeometry geometry(uint8_t model) = 0;
  /// The contents of the slot are given up; an image of `image_size` bytes will be written.
  /// kResourceExhausted when there is no room for it; nothing has changed then.
  virtual Status begin(uint8_t model, Slot slot, uint64_t image_size) = 0;
  /// True if begin() for this size has happened and its writes may be continued after a restart.
  virtual bool can_resume(uint8_t model, Slot slot, uint64_t image_size) = 0;
  virtual Status erase(uint8_t model, Slot slot, uint64_t offset, uint64_t length) = 0;
  virtual Status write(uint8_t model, Slot slot, uint64_t offset, Bytes bytes) = 0;
  virtual Status read(uint8_t model, Slot slot, uint64_t offset, MutableBytes out) = 0;
  /// All writes so far survive a power cut when this returns ok.
  virtual Status sync(uint8_t model, Slot slot) = 0;

 protected:
  ~SlotStorage() = default;
};

}  // namespace flotilla::edge
