#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

#include "schemas/base/bytes.h"
#include "schemas/base/fixed_string.h"

namespace flotilla {

/// A SHA-256 value: the identity of bytes. Only the type lives here; computing one is the crypto
/// port's work. All zero means "none". Aligned so that it is copied by words.
struct alignas(4) Digest {
  static constexpr size_t kSize = 32;
  std::array<uint8_t, kSize> bytes{};

  auto operator<=>(const Digest&) const = default;
  bool is_none() const;
  Bytes view() const { return bytes; }
};

using HexDigest = FixedString<2 * Digest::kSize>;

/// Lower-case hexadecimal, 64 characters.
HexDigest to_hex(const Digest& digest);
/// Accepts exactly 64 hexadecimal digits of either case; false leaves `out` unchanged.
[[nodiscard]] bool parse_hex(std::string_view text, Digest& out);
/// Exactly 32 bytes; false leaves `out` unchanged.
[[nodiscard]] bool digest_from(Bytes bytes, Digest& out);

/// 16 lower-case hexadecimal digits, and back. Used for transfer and key ids.
FixedString<16> to_hex(uint64_t value);
[[nodiscard]] bool parse_hex(std::string_view text, uint64_t& out);

}  // namespace flotilla
