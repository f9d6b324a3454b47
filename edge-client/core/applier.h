#pragma once

#include "edge-client/core/slot_window.h"
#include "schemas/protocol/delta/memory.h"
#include "schemas/protocol/delta/range_decoder.h"

namespace flotilla::edge {

/// What one chunk may read and must write.
struct ApplyJob {
  uint8_t model = 0;
  Slot base = Slot::kNone;  ///< kNone with base_size 0: full payload
  uint64_t base_size = 0;
  Slot target = Slot::kA;
  uint64_t output_offset = 0;  ///< a multiple of the storage's write unit
  uint32_t output_length = 0;
};

/// Decodes one chunk of codec 2 (schemas/protocol/delta) from the base into the erased output
/// range, in order. Writes nothing outside the range, reads nothing outside the base and what it
/// wrote, and uses no memory but what it was given, whatever the payload says; the time is linear
/// in the output length and the checked part of the base.
class Applier {
 public:
  /// `memory`: what the transfer manifest declares, at least delta::decoder_memory(kSmallProfile),
  /// 8-byte aligned. delta::kWindowSize is a multiple of the storage's write unit.
  Applier(SlotStorage& storage, MutableBytes memory);

  /// kInvalidArgument: the payload is malformed or needs more memory; kDataLoss: the base is not
  /// what the encoder had, nothing was written. Part of the range may have been written.
  Status run(const ApplyJob& job, Bytes payload);
  /// After run() and a sync of the storage: kDataLoss when it does not return what was decoded.
  Status verify_output();

 private:
  using RangeDecoder = delta::RangeDecoder;
  using Syntax = delta::SyntaxCoder<RangeDecoder>;
  using ByteCoder = delta::ByteCoder<RangeDecoder>;

  Status check_header(const delta::ChunkHeader& header);
  Status produce(RangeDecoder& input, Syntax& syntax, ByteCoder& bytes, const delta::OpHeader& op);
  Status copy_run(const delta::OpHeader& op);
  Status repeat_run(const delta::OpHeader& op);
  Status byte_run(RangeDecoder& input, ByteCoder& bytes, const delta::OpHeader& op);
  Status typed_run(RangeDecoder& input, Syntax& syntax, const delta::OpHeader& op);
  Status put(Bytes bytes);
  uint64_t position() const { return job_.output_offset + produced_; }

  MutableBytes memory_;  ///< for the model; the windows lie behind
  BaseWindow base_;
  OutputWindow output_;
  delta::ChunkModel model_;
  ApplyJob job_;
  uint32_t checksum_ = 0;  ///< the output's, as the payload says
  uint32_t produced_ = 0;
  uint8_t previous_ = 0;  ///< the byte before
};

}  // namespace flotilla::edge
