#pragma once

#include <array>
#include <bit>
#include <vector>

#include "schemas/protocol/hasher.h"

namespace flotilla::testing {

/// SHA-256 written from FIPS 180-4 for the tests alone, so that they need no library.
class Sha256 final : public Hasher {
 public:
  Digest sha256(std::initializer_list<Bytes> parts) override {
    std::vector<uint8_t> message;
    for (Bytes part : parts) message.insert(message.end(), part.begin(), part.end());
    const uint64_t bits = message.size() * 8;
    message.push_back(0x80);
    while (message.size() % 64 != 56) message.push_back(0);
    message.resize(message.size() + 8);
    store_u64_be(message.data() + message.size() - 8, bits);
    State state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    for (size_t at = 0; at < message.size(); at += 64) block(state, message.data() + at);
    Digest digest;
    for (size_t i = 0; i < 8; ++i) store_u32_be(digest.bytes.data() + 4 * i, state[i]);
    return digest;
  }

 private:
  using State = std::array<uint32_t, 8>;

  static void block(State& state, const uint8_t* bytes) {
    static const std::array<uint32_t, 64> k = constants();
    std::array<uint32_t, 64> w{};
    for (size_t t = 0; t < 16; ++t) w[t] = load_u32_be(bytes + 4 * t);
    for (size_t t = 16; t < 64; ++t) {
      const uint32_t s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3);
      const uint32_t s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10);
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (size_t t = 0; t < 64; ++t) {
      const uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + k[t] + w[t];
      const uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const State add = {a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < 8; ++i) state[i] += add[i];
  }

  /// First 32 bits of the fractional parts of the cube roots of the first 64 primes: the root of
  /// prime * 2^96, found by bisection, modulo 2^32.
  static std::array<uint32_t, 64> constants() {
    std::array<uint32_t, 64> k{};
    size_t count = 0;
    for (uint32_t n = 2; count < k.size(); ++n) {
      bool prime = true;
      for (uint32_t d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
      if (prime) k[count++] = cube_root_fraction(n);
    }
    return k;
  }

  static uint32_t cube_root_fraction(uint32_t n) {
    __extension__ using Wide = unsigned __int128;
    uint64_t low = 0, high = uint64_t{1} << 35;  // cube root of 311 is below 8
    while (low + 1 < high) {
      const uint64_t middle = (low + high) / 2;
      const Wide cube = Wide{middle} * middle * middle;
      (cube <= Wide{n} << 96 ? low : high) = middle;
    }
    return static_cast<uint32_t>(low);
  }
};

}  // namespace flotilla::testing
