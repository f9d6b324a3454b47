#include "controller/adapters/mbed_signer.h"

#include <mbedtls/bignum.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>

#include "controller/adapters/mbed_keys.h"
#include "controller/adapters/small_file.h"
#include "schemas/protocol/trust.h"

namespace flotilla::controller {
namespace {

constexpr size_t kMaxKeyFile = 16 * 1024;

/// Two big numbers for r and s.
struct Pair {
  mbedtls_mpi r;
  mbedtls_mpi s;
  Pair() {
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
  }
  ~Pair() {
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
};

}  // namespace

MbedSigner::MbedSigner() {
  mbedtls_ecp_keypair_init(&pair_);
}

MbedSigner::~MbedSigner() {
  mbedtls_ecp_keypair_free(&pair_);
}

Result<std::shared_ptr<MbedSigner>> MbedSigner::from_key(Hasher& hasher, Bytes key) {
  auto signer = std::make_shared<MbedSigner>();
  FLOTILLA_TRY(signer->take(hasher, key));
  return signer;
}

Result<std::shared_ptr<MbedSigner>> MbedSigner::load(Hasher& hasher, const std::string& path) {
  Result<std::string> text = read_small_file(path, kMaxKeyFile);
  if (!text.ok()) return text.status();
  auto signer = from_key(hasher, as_bytes(text.value()));
  forget(text.value());
  return signer;
}

Status MbedSigner::take(Hasher& hasher, Bytes key) {
  FLOTILLA_TRY(blinding_.seed());
  ParsedKey parsed;
  FLOTILLA_TRY(parsed.parse_private(key));
  const mbedtls_ecp_keypair& from = *parsed.pair();
  const bool copied = mbedtls_ecp_group_copy(&pair_.grp, &from.grp) == 0 &&
                      mbedtls_mpi_copy(&pair_.d, &from.d) == 0;
  if (!copied) return {Code::kResourceExhausted, "out of memory"};
  const Result<PublicKey> point = raw_point(from);
  if (!point.ok()) return point.status();
  public_key_ = point.value();
  key_id_ = flotilla::key_id(hasher, public_key_);
  return ok_status();
}

Result<SignatureBytes> MbedSigner::sign(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  Pair numbers;
  const int result = mbedtls_ecdsa_sign_det_ext(&pair_.grp, &numbers.r, &numbers.s, &pair_.d,
                                                digest.bytes.data(), digest.bytes.size(),
                                                MBEDTLS_MD_SHA256, MbedRandom::fill, &blinding_);
  if (result != 0) return Status(Code::kInternal, "mbedTLS could not sign");
  SignatureBytes signature{};
  const bool written = mbedtls_mpi_write_binary(&numbers.r, signature.data(), 32) == 0 &&
                       mbedtls_mpi_write_binary(&numbers.s, signature.data() + 32, 32) == 0;
  if (!written) return Status(Code::kInternal, "mbedTLS made a signature of the wrong size");
  return signature;
}

}  // namespace flotilla::controller
