#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "schemas/protocol/delta_stream.h"

namespace flotilla::controller {

/// Encoder half of codec 1's range coder (schemas/protocol/delta_stream.h). Bytes that can no
/// longer change go to `out`; everything else is in State, so that going back to an earlier point
/// means restoring the State that was taken there.
class RangeEncoder {
 public:
  struct State {
    uint64_t low = 0;
    uint32_t range = UINT32_MAX;
    uint64_t pending = 1;  ///< cached byte and the 0xFF bytes behind it
    uint8_t cache = 0;
    size_t emitted = 0;    ///< bytes of `out`
    bool at_first = true;  ///< the first byte, which is not emitted, is still to come
  };

  explicit RangeEncoder(std::string& out) : out_(out) {}

  void bit(uint16_t& probability, unsigned value);
  /// The low `count` bits of `value`, high first, at probability one half.
  void uncoded(uint64_t value, unsigned count);
  /// Ends the stream: `out` is complete, without its trailing zeros.
  void finish();

  State save() const;
  void restore(const State& state);
  /// Bytes that the payload has when finished now, at most.
  size_t size_bound() const { return out_.size() + state_.pending + 3; }

 private:
  void normalize() {
    if (state_.range >= delta::kNormalizeBelow) return;
    state_.range <<= 8;
    shift_low();
  }
  void shift_low();
  void emit(uint8_t byte);

  std::string& out_;
  State state_;
};

inline void RangeEncoder::bit(uint16_t& probability, unsigned value) {
  constexpr uint32_t kOne = 1u << delta::kProbabilityBits;
  const uint32_t bound = (state_.range >> delta::kProbabilityBits) * probability;
  if (value == 0) {
    state_.range = bound;
    probability =
        static_cast<uint16_t>(probability + ((kOne - probability) >> delta::kAdaptationShift));
  } else {
    state_.low += bound;
    state_.range -= bound;
    probability = static_cast<uint16_t>(probability - (probability >> delta::kAdaptationShift));
  }
  normalize();
}

}  // namespace flotilla::controller
