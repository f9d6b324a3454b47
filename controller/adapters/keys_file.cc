#include "controller/adapters/keys_file.h"

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include <cstring>

#include "controller/adapters/mbed_keys.h"
#include "controller/adapters/mbed_random.h"
#include "controller/adapters/small_file.h"

namespace flotilla::controller {
namespace {

constexpr size_t kMaxKeyFile = 16 * 1024;
constexpr unsigned kOwnerOnly = 0600;

class ParsedCertificate {
 public:
  ParsedCertificate() { mbedtls_x509_crt_init(&chain_); }
  ~ParsedCertificate() { mbedtls_x509_crt_free(&chain_); }
  ParsedCertificate(const ParsedCertificate&) = delete;
  ParsedCertificate& operator=(const ParsedCertificate&) = delete;

  bool parse(std::string text) {
    if (text.find("-----BEGIN") != std::string::npos) text.push_back('\0');
    return mbedtls_x509_crt_parse(&chain_, reinterpret_cast<const uint8_t*>(text.data()),
                                  text.size()) == 0;
  }
  const mbedtls_x509_crt& first() const { return chain_; }

 private:
  mbedtls_x509_crt chain_;
};

Result<std::string> common_name(const mbedtls_x509_name& subject) {
  std::string name;
  size_t found = 0;
  for (const mbedtls_x509_name* part = &subject; part != nullptr; part = part->next) {
    const bool is_name = part->oid.len == MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_CN) &&
                         std::memcmp(part->oid.p, MBEDTLS_OID_AT_CN, part->oid.len) == 0;
    if (!is_name) continue;
    name.assign(reinterpret_cast<const char*>(part->val.p), part->val.len);
    ++found;
  }
  if (found != 1) {
    return Status(Code::kInvalidArgument, "the certificate has not exactly one common name");
  }
  return name;
}

}  // namespace

Result<PublicKey> generate_key_file(const std::string& path) {
  MbedRandom random;
  FLOTILLA_TRY(random.seed());
  ParsedKey key;
  const bool made =
      mbedtls_pk_setup(&key.context(), mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0 &&
      mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, key.pair(), MbedRandom::fill, &random) == 0;
  if (!made) return Status(Code::kInternal, "mbedTLS could not make a key");
  std::string pem(kMaxKeyFile, '\0');
  if (mbedtls_pk_write_key_pem(&key.context(), reinterpret_cast<uint8_t*>(pem.data()),
                               pem.size()) != 0) {
    return Status(Code::kInternal, "mbedTLS could not write the key");
  }
  pem.resize(pem.find('\0'));
  const Status written = create_file(path, as_bytes(pem), kOwnerOnly);
  forget(pem);
  if (!written.ok()) return written;
  return raw_point(key.context());
}

Result<PublicKey> load_public_half(const std::string& path) {
  Result<std::string> text = read_small_file(path, kMaxKeyFile);
  if (!text.ok()) return text.status();
  ParsedKey key;
  const Status parsed = key.parse_private(as_bytes(text.value()));
  forget(text.value());
  if (!parsed.ok()) return parsed;
  return raw_point(key.context());
}

Result<CertificateIdentity> certificate_identity(std::string_view certificate) {
  ParsedCertificate parsed;
  if (!parsed.parse(std::string(certificate))) {
    return Status(Code::kInvalidArgument, "not a certificate");
  }
  CertificateIdentity identity;
  const Result<PublicKey> key = raw_point(parsed.first().pk);
  if (!key.ok()) return key.status();
  identity.public_key = key.value();
  const Result<std::string> name = common_name(parsed.first().subject);
  if (!name.ok()) return name.status();
  identity.common_name = name.value();
  return identity;
}

Result<PublicKey> parse_public_key(std::string_view key) {
  ParsedKey parsed;
  FLOTILLA_TRY(parsed.parse_public(as_bytes(key)));
  return raw_point(parsed.context());
}

}  // namespace flotilla::controller
