#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/base/digest.h"
#include "schemas/protocol/hasher.h"

/// Bearer tokens: `flt_<id>_<43 base62 digits of 32 random bytes><6 base62 digits of CRC-32C>`.
/// The prefix lets secret scanners find one; the checksum tells a mistyped token from an unknown
/// one without a look at the store, which keeps only SHA-256 of the secret.
namespace flotilla::controller::api {

inline constexpr size_t kTokenIdSize = 8;
inline constexpr size_t kTokenSecretSize = 43;
inline constexpr size_t kTokenChecksumSize = 6;

using TokenSecret = std::array<uint8_t, 32>;

/// `id`: kTokenIdSize characters of [a-z0-9].
std::string make_token(std::string_view id, const TokenSecret& secret);

struct TokenParts {
  std::string_view id;
  std::string_view secret;
};

/// Nothing unless the form and the checksum are right; the views borrow from `text`.
std::optional<TokenParts> parse_token(std::string_view text);

/// What the store keeps.
Digest token_hash(Hasher& hasher, std::string_view secret);

/// Takes the same time wherever the two differ.
bool equal_in_constant_time(const Digest& a, const Digest& b);

/// An id out of 5 random bytes.
std::string make_token_id(const std::array<uint8_t, 5>& random);

}  // namespace flotilla::controller::api
