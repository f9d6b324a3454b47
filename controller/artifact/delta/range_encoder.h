#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace flotilla::controller {

/// Encoder half of delta::RangeDecoder. Bytes that can no longer change go to `out`;
/// everything else is in State, so that going back to an earlier point means restoring the State
/// that was taken there.
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

  /// Appends to `out`.
  explicit RangeEncoder(std::string& out) : out_(out), start_(out.size()) {}

  /// A bit that is zero with probability `zero` / 65536.
  bool bit(uint32_t zero, bool value) {
    const uint32_t bound = (state_.range >> 16) * zero;
    if (value) {
      state_.low += bound;
      state_.range -= bound;
    } else {
      state_.range = bound;
    }
    normalize();
    return value;
  }
  /// The low `count` bits of `value`, high first, at probability one half; returns them.
  uint32_t direct(unsigned count, uint32_t value);
  /// Ends the stream: `out` is complete, without its trailing zeros.
  void finish();

  State save() const;
  void restore(const State& state);
  /// Bytes that the stream has when finished now, at most.
  size_t size_bound() const { return out_.size() + state_.pending + 3; }

 private:
  void normalize() {
    while (state_.range < (1u << 24)) {
      state_.range <<= 8;
      shift_low();
    }
  }
  void shift_low();
  void emit(uint8_t byte);

  std::string& out_;
  size_t start_;  ///< where the stream begins in it
  State state_;
};

}  // namespace flotilla::controller
