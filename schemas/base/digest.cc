#include "schemas/base/digest.h"

namespace flotilla {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool parse_bytes(std::string_view text, MutableBytes out) {
  if (text.size() != 2 * out.size()) return false;
  for (char c : text) {
    if (nibble(c) < 0) return false;
  }
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<uint8_t>(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
  }
  return true;
}

template <size_t N>
FixedString<N> format(Bytes bytes) {
  FixedString<N> text;
  for (uint8_t byte : bytes) {
    const char pair[2] = {kDigits[byte >> 4], kDigits[byte & 15]};
    FLOTILLA_ASSERT(text.append({pair, 2}));
  }
  return text;
}

}  // namespace

bool Digest::is_none() const {
  return is_all(bytes, 0);
}

HexDigest to_hex(const Digest& digest) {
  return format<2 * Digest::kSize>(digest.bytes);
}

bool parse_hex(std::string_view text, Digest& out) {
  return parse_bytes(text, out.bytes);
}

bool digest_from(Bytes bytes, Digest& out) {
  if (bytes.size() != Digest::kSize) return false;
  copy(bytes, out.bytes);
  return true;
}

FixedString<16> to_hex(uint64_t value) {
  uint8_t bytes[8];
  store_u64_be(bytes, value);
  return format<16>(bytes);
}

bool parse_hex(std::string_view text, uint64_t& out) {
  uint8_t bytes[8];
  if (!parse_bytes(text, bytes)) return false;
  out = load_u64_be(bytes);
  return true;
}

}  // namespace flotilla
