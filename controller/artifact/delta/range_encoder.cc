#include "controller/artifact/delta/range_encoder.h"

#include <algorithm>

namespace flotilla::controller {

uint32_t RangeEncoder::direct(unsigned count, uint32_t value) {
  for (unsigned i = count; i-- > 0;) {
    state_.range >>= 1;
    if (((value >> i) & 1) != 0) state_.low += state_.range;
    normalize();
  }
  return count >= 32 ? value : value & ((1u << count) - 1);
}

void RangeEncoder::finish() {
  // The value of the final interval with the most trailing zero bits: its last bytes can be cut.
  const uint64_t last = state_.low + state_.range - 1;
  for (unsigned bits = 32; bits > 0; --bits) {
    const uint64_t mask = (uint64_t{1} << bits) - 1;
    const uint64_t value = (state_.low + mask) & ~mask;
    if (value > last) continue;
    state_.low = value;
    break;
  }
  for (int i = 0; i < 5; ++i) shift_low();
  out_.erase(std::max(start_, out_.find_last_not_of('\0') + 1));
}

RangeEncoder::State RangeEncoder::save() const {
  State state = state_;
  state.emitted = out_.size();
  return state;
}

void RangeEncoder::restore(const State& state) {
  state_ = state;
  out_.resize(state.emitted);
}

void RangeEncoder::shift_low() {
  const bool carry = (state_.low >> 32) != 0;
  if (carry || static_cast<uint32_t>(state_.low) < 0xFF000000u) {
    emit(static_cast<uint8_t>(state_.cache + (carry ? 1 : 0)));
    for (; state_.pending > 1; --state_.pending) emit(carry ? 0x00 : 0xFF);
    state_.pending = 0;
    state_.cache = static_cast<uint8_t>(state_.low >> 24);
  }
  ++state_.pending;
  state_.low = (state_.low & 0x00FFFFFFu) << 8;
}

void RangeEncoder::emit(uint8_t byte) {
  if (state_.at_first) {
    state_.at_first = false;  // LZMA's first byte: no carry can reach it, always 0
    return;
  }
  out_.push_back(static_cast<char>(byte));
}

}  // namespace flotilla::controller
