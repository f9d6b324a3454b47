#include "edge-client/adapters/mbed_crypto.h"

#include <mbedtls/bignum.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/error.h>

#include <array>

#include "schemas/protocol/trust.h"

namespace flotilla::edge {
namespace {

/// Owns an mbedTLS value with the library's init and free functions.
template <typename T, void (*kInit)(T*), void (*kFree)(T*)>
class Owned {
 public:
  Owned() { kInit(&value_); }
  ~Owned() { kFree(&value_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  T* get() { return &value_; }

 private:
  T value_;
};

using Mpi = Owned<mbedtls_mpi, mbedtls_mpi_init, mbedtls_mpi_free>;
using Point = Owned<mbedtls_ecp_point, mbedtls_ecp_point_init, mbedtls_ecp_point_free>;
using Sha256 = Owned<mbedtls_sha256_context, mbedtls_sha256_init, mbedtls_sha256_free>;
using KeyFile = Owned<mbedtls_pk_context, mbedtls_pk_init, mbedtls_pk_free>;

constexpr size_t kCoordinate = 32;
constexpr uint8_t kUncompressedPoint = 4;

}  // namespace

std::string mbed_error_text(int error) {
  std::array<char, 160> text{};
  mbedtls_strerror(error, text.data(), text.size());
  return text.data();
}

MbedCrypto::MbedCrypto() {
  mbedtls_ecp_group_init(&group_);
  FLOTILLA_ASSERT(mbedtls_ecp_group_load(&group_, MBEDTLS_ECP_DP_SECP256R1) == 0);
  mbedtls_sha256_init(&running_);
}

MbedCrypto::~MbedCrypto() {
  mbedtls_sha256_free(&running_);
  mbedtls_ecp_group_free(&group_);
}

Digest MbedCrypto::sha256(std::initializer_list<Bytes> parts) {
  Sha256 context;
  Digest digest;
  FLOTILLA_ASSERT(mbedtls_sha256_starts_ret(context.get(), 0) == 0);
  for (Bytes part : parts) {
    FLOTILLA_ASSERT(mbedtls_sha256_update_ret(context.get(), part.data(), part.size()) == 0);
  }
  FLOTILLA_ASSERT(mbedtls_sha256_finish_ret(context.get(), digest.bytes.data()) == 0);
  return digest;
}

bool MbedCrypto::verify(const PublicKey& key, const Digest& digest, Bytes signature) {
  if (signature.size() != 2 * kCoordinate) return false;
  std::array<uint8_t, 1 + 2 * kCoordinate> encoded{kUncompressedPoint};
  copy(key, MutableBytes(encoded).subspan(1));
  Point point;
  Mpi r;
  Mpi s;
  if (mbedtls_ecp_point_read_binary(&group_, point.get(), encoded.data(), encoded.size()) != 0) {
    return false;
  }
  if (mbedtls_ecp_check_pubkey(&group_, point.get()) != 0) return false;
  if (mbedtls_mpi_read_binary(r.get(), signature.data(), kCoordinate) != 0) return false;
  if (mbedtls_mpi_read_binary(s.get(), signature.data() + kCoordinate, kCoordinate) != 0) {
    return false;
  }
  return mbedtls_ecdsa_verify(&group_, digest.bytes.data(), digest.bytes.size(), point.get(),
                              r.get(), s.get()) == 0;
}

void MbedCrypto::hash_begin() {
  mbedtls_sha256_free(&running_);
  mbedtls_sha256_init(&running_);
  FLOTILLA_ASSERT(mbedtls_sha256_starts_ret(&running_, 0) == 0);
}

void MbedCrypto::hash_update(Bytes bytes) {
  FLOTILLA_ASSERT(mbedtls_sha256_update_ret(&running_, bytes.data(), bytes.size()) == 0);
}

Digest MbedCrypto::hash_end() {
  Digest digest;
  FLOTILLA_ASSERT(mbedtls_sha256_finish_ret(&running_, digest.bytes.data()) == 0);
  return digest;
}

MbedSigner::MbedSigner(MbedRandom& random) : random_(random) {
  mbedtls_ecp_keypair_init(&pair_);
}

MbedSigner::~MbedSigner() {
  mbedtls_ecp_keypair_free(&pair_);
}

Status MbedSigner::fail(const char* reason, int error) {
  explanation_ = std::string(reason) + " (" + mbed_error_text(error) + ")";
  return {Code::kInvalidArgument, reason};
}

Status MbedSigner::load(const std::string& path) {
  KeyFile file;
  int error = mbedtls_pk_parse_keyfile(file.get(), path.c_str(), nullptr);
  if (error != 0) return fail("cannot read the key; it must be an unencrypted PEM file", error);
  if (!mbedtls_pk_can_do(file.get(), MBEDTLS_PK_ECDSA) ||
      mbedtls_pk_ec(*file.get())->grp.id != MBEDTLS_ECP_DP_SECP256R1) {
    return fail("the key must be on the curve P-256 (prime256v1)", MBEDTLS_ERR_PK_TYPE_MISMATCH);
  }
  std::array<uint8_t, kCoordinate> scalar{};
  error = mbedtls_mpi_write_binary(&mbedtls_pk_ec(*file.get())->d, scalar.data(), scalar.size());
  if (error != 0) return fail("the key has no private part", error);
  return load(Bytes(scalar));
}

Status MbedSigner::load(Bytes scalar) {
  int error = mbedtls_ecp_group_load(&pair_.grp, MBEDTLS_ECP_DP_SECP256R1);
  if (error == 0) error = mbedtls_mpi_read_binary(&pair_.d, scalar.data(), scalar.size());
  if (error == 0) error = mbedtls_ecp_check_privkey(&pair_.grp, &pair_.d);
  if (error != 0) return fail("the private key is not valid for P-256", error);
  return finish();
}

Status MbedSigner::finish() {
  int error = mbedtls_ecp_mul(&pair_.grp, &pair_.Q, &pair_.d, &pair_.grp.G, mbedtls_ctr_drbg_random,
                              random_.context());
  if (error != 0) return fail("cannot compute the public key", error);
  std::array<uint8_t, 1 + 2 * kCoordinate> encoded{};
  size_t size = 0;
  error = mbedtls_ecp_point_write_binary(&pair_.grp, &pair_.Q, MBEDTLS_ECP_PF_UNCOMPRESSED, &size,
                                         encoded.data(), encoded.size());
  if (error != 0 || size != encoded.size()) return fail("cannot encode the public key", error);
  copy(Bytes(encoded).subspan(1), public_key_);
  MbedCrypto crypto;
  key_id_ = flotilla::key_id(crypto, public_key_);
  return ok_status();
}

Result<SignatureBytes> MbedSigner::sign(const Digest& digest) {
  Mpi r;
  Mpi s;
  SignatureBytes signature{};
  int error = mbedtls_ecdsa_sign_det_ext(
      &pair_.grp, r.get(), s.get(), &pair_.d, digest.bytes.data(), digest.bytes.size(),
      MBEDTLS_MD_SHA256, mbedtls_ctr_drbg_random, random_.context());
  if (error == 0) error = mbedtls_mpi_write_binary(r.get(), signature.data(), kCoordinate);
  if (error == 0) {
    error = mbedtls_mpi_write_binary(s.get(), signature.data() + kCoordinate, kCoordinate);
  }
  if (error != 0) return Status(Code::kInternal, "signing with the device key failed");
  return signature;
}

}  // namespace flotilla::edge
