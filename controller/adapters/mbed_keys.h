#pragma once

#include <mbedtls/pk.h>

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"
#include "schemas/protocol/messages.h"

namespace flotilla::controller {

/// Raw x || y of a P-256 key; kInvalidArgument for any other curve.
Result<PublicKey> raw_point(const mbedtls_ecp_keypair& pair);
/// Raw x || y of a key of any type; kInvalidArgument unless it is P-256.
Result<PublicKey> raw_point(const mbedtls_pk_context& key);

/// A key as mbedTLS holds it; wiped when it goes.
class ParsedKey {
 public:
  ParsedKey() { mbedtls_pk_init(&key_); }
  ~ParsedKey() { mbedtls_pk_free(&key_); }
  ParsedKey(const ParsedKey&) = delete;
  ParsedKey& operator=(const ParsedKey&) = delete;

  /// PEM or DER; kInvalidArgument unless it is an unencrypted P-256 private key.
  Status parse_private(Bytes key);
  /// PEM or DER SubjectPublicKeyInfo; kInvalidArgument unless it is P-256.
  Status parse_public(Bytes key);

  mbedtls_pk_context& context() { return key_; }
  mbedtls_ecp_keypair* pair() { return mbedtls_pk_ec(key_); }

 private:
  mbedtls_pk_context key_;
};

}  // namespace flotilla::controller
