#include "schemas/base/prng.h"

namespace flotilla {

uint64_t Prng::next() {
  state_ += 0x9E3779B97F4A7C15u;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

uint32_t Prng::below(uint32_t bound) {
  return static_cast<uint32_t>((next() >> 32) * bound >> 32);
}

Prng Prng::split(std::string_view name) const {
  uint64_t hash = 0xCBF29CE484222325u ^ state_;  // FNV-1a over the name
  for (char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3u;
  return Prng(Prng(hash).next());
}

}  // namespace flotilla
