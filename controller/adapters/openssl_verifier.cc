#include "controller/adapters/openssl_verifier.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <memory>
#include <string>

namespace flotilla::controller {
namespace {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;

/// Null when the point is not on the curve.
Key import_key(const PublicKey& raw) {
  std::array<uint8_t, 65> point{0x04};
  std::copy(raw.begin(), raw.end(), point.begin() + 1);
  char group[] = "prime256v1";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY,
                        const_cast<OSSL_PARAM*>(params)) != 1) {
    return nullptr;
  }
  return Key(key);
}

/// DER form of raw r || s, which OpenSSL's interface wants; empty when out of memory.
std::string to_der(Bytes raw) {
  const Signature signature(ECDSA_SIG_new());
  Number r(BN_bin2bn(raw.data(), 32, nullptr));
  Number s(BN_bin2bn(raw.data() + 32, 32, nullptr));
  if (!signature || !r || !s) return {};
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  uint8_t* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return text;
}

}  // namespace

bool OpensslVerifier::verify(const PublicKey& key, const Digest& digest, Bytes signature) const {
  if (signature.size() != SignatureBytes().size()) return false;
  const Key imported = import_key(key);
  if (!imported) return false;
  const std::string der = to_der(signature);
  const KeyContext context(EVP_PKEY_CTX_new(imported.get(), nullptr));
  if (der.empty() || !context || EVP_PKEY_verify_init(context.get()) != 1) return false;
  const int result = EVP_PKEY_verify(context.get(), reinterpret_cast<const uint8_t*>(der.data()),
                                     der.size(), digest.bytes.data(), digest.bytes.size());
  return result == 1;
}

}  // namespace flotilla::controller
