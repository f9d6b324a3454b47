#pragma once

#include <string>
#include <vector>

#include "tests/support/delta_reference.h"
#include "tests/support/delta_reference_tables.h"

/// Sections 2 and 3 of docs/spec/delta-format.md.
namespace flotilla::testing {

struct Context {
  uint32_t zero = 32768;
  uint32_t n = 0;
};
using Contexts = std::vector<Context>;

struct SpecMixer {
  int32_t w[2] = {8192, 8192};
};

inline int64_t floor_shift(int64_t x, int n) {
  const int64_t d = int64_t{1} << n;
  return x >= 0 ? x / d : -((-x + d - 1) / d);
}

inline int bit_length(uint64_t x) {
  int n = 0;
  for (; x > 0; x /= 2) ++n;
  return n;
}

inline int64_t limit(int64_t x, int64_t low, int64_t high) {
  return x < low ? low : (x > high ? high : x);
}

class SpecDecoder {
 public:
  explicit SpecDecoder(Bytes stream) : stream_(stream) {
    for (int i = 0; i < 4; ++i) code_ = code_ * 256 + next();
  }

  uint32_t coded(uint32_t zero) {
    const uint32_t bound = range_ / 65536 * zero;
    uint32_t bit = 0;
    if (code_ < bound) {
      range_ = bound;
    } else {
      code_ -= bound;
      range_ -= bound;
      bit = 1;
    }
    normalise();
    return seen(bit);
  }
  uint32_t plain(int64_t n) {
    uint32_t value = 0;
    for (; n > 0; --n) {
      range_ /= 2;
      uint32_t bit = 0;
      if (code_ >= range_) {
        code_ -= range_;
        bit = 1;
      }
      normalise();
      value = 2 * value + seen(bit);
    }
    return value;
  }
  uint32_t bit(Context& c) {
    const uint32_t b = coded(c.zero);
    adapt(c, b);
    return b;
  }
  uint32_t mixed(Context& a, Context& b, SpecMixer& m) {
    const int32_t x = reference_stretch(a.zero);
    const int32_t y = reference_stretch(b.zero);
    const uint32_t p = reference_squash((m.w[0] * x + m.w[1] * y) / 16384);
    const uint32_t result = coded(p);
    const int32_t error = (result == 0 ? 65535 : 0) - static_cast<int32_t>(p);
    m.w[0] = static_cast<int32_t>(limit(m.w[0] + error * x / 65536, -65536, 65536));
    m.w[1] = static_cast<int32_t>(limit(m.w[1] + error * y / 65536, -65536, 65536));
    adapt(a, result);
    adapt(b, result);
    return result;
  }
  uint32_t tree(Contexts& contexts, size_t first, int n) {
    uint32_t node = 1;
    for (int i = 0; i < n; ++i) node = 2 * node + bit(contexts.at(first + node));
    return node - (1u << n);
  }
  bool used_up() const { return used_ >= stream_.size(); }

  void trace_into(std::vector<TracedSymbol>* trace) { trace_ = trace; }
  /// Everything decoded since the last call was the symbol `name`.
  void traced(const std::string& name, int64_t value) {
    if (trace_ != nullptr) trace_->push_back({name, bits_, value, range_, code_, used_});
    bits_.clear();
  }

 private:
  static void adapt(Context& c, uint32_t b) {
    const uint64_t rate = 655360 / (10 * c.n + 16);
    if (c.n < 127) c.n += 1;
    const int64_t down = static_cast<int64_t>((c.zero * rate + 65535) / 65536);
    const int64_t up = static_cast<int64_t>(((65536 - c.zero) * rate + 65535) / 65536);
    c.zero = static_cast<uint32_t>(limit(b == 1 ? c.zero - down : c.zero + up, 16, 65520));
  }
  uint32_t next() {
    const uint32_t byte = used_ < stream_.size() ? stream_[used_] : 0;
    ++used_;
    return byte;
  }
  void normalise() {
    while (range_ < (1u << 24)) {
      range_ *= 256;
      code_ = code_ * 256 + next();
    }
  }
  uint32_t seen(uint32_t bit) {
    if (trace_ != nullptr) bits_ += bit == 1 ? '1' : '0';
    return bit;
  }

  Bytes stream_;
  size_t used_ = 0;
  uint32_t range_ = 0xFFFFFFFF;
  uint32_t code_ = 0;
  std::vector<TracedSymbol>* trace_ = nullptr;
  std::string bits_;
};

}  // namespace flotilla::testing
