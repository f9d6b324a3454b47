#pragma once

#include <cstdint>
#include <string>

#include "controller/artifact/range_encoder.h"
#include "schemas/base/bytes.h"
#include "schemas/protocol/delta_stream.h"

namespace flotilla::controller {

/// One operation of a plan. base_offset counts for kCopy and kAdd only.
struct PlannedOp {
  delta::Op kind = delta::Op::kLiteral;
  uint64_t target_offset = 0;
  uint64_t length = 0;
  uint64_t base_offset = 0;
};

/// Writes the operations of one chunk with codec 1.
class OpEncoder {
 public:
  struct State {
    RangeEncoder::State coder;
    delta::Model model;
    delta::Op previous = delta::Op::kCopy;
    uint64_t cursor = 0;
  };

  /// `out` is empty and receives the payload of the chunk whose output starts at `output_offset`.
  OpEncoder(Bytes base, Bytes target, uint64_t output_offset, std::string& out);

  void encode(const PlannedOp& op);
  void finish() { coder_.finish(); }

  State save() const;
  void restore(const State& state);
  size_t size_bound() const { return coder_.size_bound(); }

 private:
  void tree(uint16_t* probabilities, unsigned bits, unsigned value);
  void number(uint16_t* width_probabilities, uint64_t value);
  void base_range(const PlannedOp& op);
  void symbols(const PlannedOp& op);
  void raw(const PlannedOp& op);

  Bytes base_;
  Bytes target_;
  RangeEncoder coder_;
  State state_;
};

}  // namespace flotilla::controller
