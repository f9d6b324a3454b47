#include "controller/api/token_text.h"

#include <algorithm>

#include "schemas/base/crc32c.h"

namespace flotilla::controller::api {

namespace {

constexpr std::string_view kPrefix = "flt_";
constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr size_t kTokenSize =
    kPrefix.size() + kTokenIdSize + 1 + kTokenSecretSize + kTokenChecksumSize;

std::string base62(TokenSecret number) {
  std::string digits(kTokenSecretSize, '0');
  for (size_t i = kTokenSecretSize; i-- > 0;) {
    unsigned remainder = 0;
    for (uint8_t& byte : number) {
      const unsigned value = remainder * 256 + byte;
      byte = static_cast<uint8_t>(value / 62);
      remainder = value % 62;
    }
    digits[i] = kBase62[remainder];
  }
  return digits;
}

std::string checksum(std::string_view text) {
  uint32_t crc = crc32c(as_bytes(text));
  std::string digits(kTokenChecksumSize, '0');
  for (size_t i = kTokenChecksumSize; i-- > 0; crc /= 62) digits[i] = kBase62[crc % 62];
  return digits;
}

bool consists_of(std::string_view text, std::string_view alphabet) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return alphabet.find(c) != std::string_view::npos; });
}

}  // namespace

std::string make_token(std::string_view id, const TokenSecret& secret) {
  std::string text = std::string(kPrefix) + std::string(id) + "_" + base62(secret);
  return text + checksum(text);
}

std::optional<TokenParts> parse_token(std::string_view text) {
  if (text.size() != kTokenSize || text.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  const std::string_view id = text.substr(kPrefix.size(), kTokenIdSize);
  const std::string_view rest = text.substr(kPrefix.size() + kTokenIdSize);
  const std::string_view secret = rest.substr(1, kTokenSecretSize);
  const std::string_view covered = text.substr(0, kTokenSize - kTokenChecksumSize);
  if (rest[0] != '_' || !consists_of(id, "abcdefghijklmnopqrstuvwxyz0123456789") ||
      !consists_of(secret, kBase62) ||
      checksum(covered) != text.substr(kTokenSize - kTokenChecksumSize)) {
    return std::nullopt;
  }
  return TokenParts{id, secret};
}

Digest token_hash(Hasher& hasher, std::string_view secret) {
  return hasher.sha256({as_bytes(secret)});
}

bool equal_in_constant_time(const Digest& a, const Digest& b) {
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < Digest::kSize; ++i) {
    difference = static_cast<uint8_t>(difference | (a.bytes[i] ^ b.bytes[i]));
  }
  return difference == 0;
}

std::string make_token_id(const std::array<uint8_t, 5>& random) {
  uint64_t bits = 0;
  for (const uint8_t byte : random) bits = bits << 8 | byte;
  std::string id(kTokenIdSize, 'a');
  for (char& c : id) {
    c = kBase32[bits & 31];
    bits >>= 5;
  }
  return id;
}

}  // namespace flotilla::controller::api
