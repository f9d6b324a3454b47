#pragma once

#include "edge-client/ports/slot_storage.h"

namespace flotilla::edge {

/// Bytes of one slot, read through a small buffer.
class BaseWindow {
 public:
  BaseWindow(SlotStorage& storage, MutableBytes buffer) : storage_(storage), buffer_(buffer) {}

  /// Reads below are within `size` bytes of `slot`.
  void open(uint8_t model, Slot slot, uint64_t size);
  /// The bytes of the window from `offset` on, `least` of them at least (not more than the buffer
  /// holds); the caller has checked that they exist.
  Status at(uint64_t offset, uint32_t least, Bytes& out);
  Status checksum(uint64_t offset, uint64_t length, uint32_t& out);

 private:
  SlotStorage& storage_;
  MutableBytes buffer_;
  uint8_t model_ = 0;
  Slot slot_ = Slot::kNone;
  uint64_t size_ = 0;
  uint64_t begin_ = 0;
  uint32_t valid_ = 0;
};

/// Output of one chunk, written through a small buffer that still knows the newest bytes.
class OutputWindow {
 public:
  OutputWindow(SlotStorage& storage, MutableBytes buffer) : storage_(storage), buffer_(buffer) {}

  void open(uint8_t model, Slot slot, uint64_t offset);
  Status put(Bytes bytes);
  Status flush();
  /// Bytes of this chunk's output; older ones come from the storage.
  Status back(uint64_t offset, MutableBytes out);
  /// Checksum of what the storage returns for all of the chunk.
  Status checksum(uint32_t& out);

 private:
  SlotStorage& storage_;
  MutableBytes buffer_;
  uint8_t model_ = 0;
  Slot slot_ = Slot::kNone;
  uint64_t begin_ = 0;    ///< of the chunk
  uint64_t flushed_ = 0;  ///< offset of the first byte in the buffer
  uint32_t filled_ = 0;
};

}  // namespace flotilla::edge
