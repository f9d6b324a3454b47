#include "controller/adapters/mbed_keys.h"

#include <mbedtls/ecp.h>

#include <algorithm>
#include <string>

#include "controller/adapters/small_file.h"

namespace flotilla::controller {
namespace {

constexpr size_t kUncompressedPoint = 65;  // 0x04, x, y (SEC 1 section 2.3.3)

/// mbedTLS recognises PEM only when the length counts a terminating zero.
std::string with_terminator(Bytes key) {
  std::string text(as_text(key));
  if (text.find("-----BEGIN") != std::string::npos) text.push_back('\0');
  return text;
}

}  // namespace

Result<PublicKey> raw_point(const mbedtls_ecp_keypair& pair) {
  if (pair.grp.id != MBEDTLS_ECP_DP_SECP256R1) {
    return Status(Code::kInvalidArgument, "the key is not on the curve P-256");
  }
  uint8_t point[kUncompressedPoint];
  size_t size = 0;
  const int result = mbedtls_ecp_point_write_binary(&pair.grp, &pair.Q, MBEDTLS_ECP_PF_UNCOMPRESSED,
                                                    &size, point, sizeof point);
  if (result != 0 || size != sizeof point) {
    return Status(Code::kInvalidArgument, "the key has no valid public point");
  }
  PublicKey raw{};
  std::copy(point + 1, point + sizeof point, raw.begin());
  return raw;
}

Result<PublicKey> raw_point(const mbedtls_pk_context& key) {
  if (mbedtls_pk_can_do(&key, MBEDTLS_PK_ECKEY) == 0) {
    return Status(Code::kInvalidArgument, "the key is not an elliptic-curve key");
  }
  return raw_point(*mbedtls_pk_ec(key));
}

Status ParsedKey::parse_private(Bytes key) {
  std::string text = with_terminator(key);
  const int result = mbedtls_pk_parse_key(&key_, reinterpret_cast<const uint8_t*>(text.data()),
                                          text.size(), nullptr, 0);
  forget(text);
  if (result != 0) return {Code::kInvalidArgument, "not an unencrypted private key"};
  const Result<PublicKey> point = raw_point(key_);
  return point.status();
}

Status ParsedKey::parse_public(Bytes key) {
  const std::string text = with_terminator(key);
  const int result = mbedtls_pk_parse_public_key(
      &key_, reinterpret_cast<const uint8_t*>(text.data()), text.size());
  if (result != 0) return {Code::kInvalidArgument, "not a public key"};
  const Result<PublicKey> point = raw_point(key_);
  return point.status();
}

}  // namespace flotilla::controller
