#pragma once

#include "edge-client/core/range_decoder.h"
#include "edge-client/ports/slot_storage.h"

namespace flotilla::edge {

/// What one chunk may read and must write.
struct ApplyJob {
  uint8_t model = 0;
  Slot base = Slot::kNone;  ///< read by copy and add; kNone with base_size 0: full payload
  uint64_t base_size = 0;
  Slot target = Slot::kA;
  uint64_t output_offset = 0;  ///< a multiple of the storage's write unit
  uint32_t output_length = 0;
};

/// Decodes one chunk of codec 1 (schemas/protocol/delta_stream.h) from the base into the erased
/// output range, in order, one window at a time. Writes nothing outside the range and reads nothing
/// outside the base, whatever the payload says; the time is linear in the output length.
class Applier {
 public:
  /// `memory`: sizeof(delta::Model) + 2 * window bytes, 8-byte aligned. `window` is a multiple of
  /// the storage's write unit.
  Applier(SlotStorage& storage, MutableBytes memory, uint32_t window);

  /// kInvalidArgument: the payload is malformed; part of the range may have been written.
  Status run(const ApplyJob& job, Bytes payload);

 private:
  struct Operation {
    delta::Op kind;
    uint32_t length;
    uint64_t base_offset;
  };

  Status next_operation(RangeDecoder& input, delta::Op previous, Operation& out);
  Status produce(RangeDecoder& input, const Operation& operation);
  Status copy_run(Operation operation);
  Status put(uint8_t byte);
  Status flush();
  /// The part of the base window that starts at `offset`, reading it if need be.
  Status base_at(uint64_t offset, Bytes& out);
  bool read_number(RangeDecoder& input, uint16_t* width_tree, uint64_t& out);

  SlotStorage& storage_;
  delta::Model& model_;
  MutableBytes base_window_;
  MutableBytes output_window_;

  ApplyJob job_;
  int64_t cursor_ = 0;          ///< where the next base range is expected
  uint32_t produced_ = 0;       ///< bytes of the output range, buffered ones included
  uint32_t buffered_ = 0;       ///< bytes in the output window
  uint64_t window_offset_ = 0;  ///< base offset of the base window
  uint32_t window_size_ = 0;    ///< valid bytes in it
};

}  // namespace flotilla::edge
