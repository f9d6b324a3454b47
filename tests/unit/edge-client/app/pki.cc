#include "tests/unit/edge-client/app/pki.h"

#include <gtest/gtest.h>
#include <mbedtls/ecp.h>
#include <mbedtls/x509_crt.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "edge-client/adapters/mbed_crypto.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"

namespace flotilla::edge::test {
namespace {

using Text = std::array<unsigned char, 4096>;

void write_pem(const std::string& path, const Text& pem) {
  write_text(path, reinterpret_cast<const char*>(pem.data()));
}

}  // namespace

void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

Pki::Pki(std::string folder, std::string name)
    : folder_(std::move(folder)), name_(std::move(name)) {
  make_key(ca_key_, file(name_ + ".key"));
  write_certificate(name_, ca_key_, true, {}, file(name_ + ".crt"));
}

Pki::~Pki() {
  mbedtls_pk_free(&ca_key_);
}

void Pki::make_key(mbedtls_pk_context& key, const std::string& path) {
  mbedtls_pk_init(&key);
  ASSERT_EQ(mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
  ASSERT_EQ(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key),
                                mbedtls_ctr_drbg_random, random_.context()),
            0);
  Text pem{};
  ASSERT_EQ(mbedtls_pk_write_key_pem(&key, pem.data(), pem.size()), 0);
  write_pem(path, pem);
}

void Pki::write_certificate(const std::string& common_name, mbedtls_pk_context& subject_key,
                            bool is_ca, Validity validity, const std::string& path) {
  mbedtls_x509write_cert cert;
  mbedtls_x509write_crt_init(&cert);
  mbedtls_mpi serial;
  mbedtls_mpi_init(&serial);
  EXPECT_EQ(mbedtls_mpi_lset(&serial, serial_++), 0);
  mbedtls_x509write_crt_set_version(&cert, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&cert, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(&cert, &subject_key);
  mbedtls_x509write_crt_set_issuer_key(&cert, &ca_key_);
  EXPECT_EQ(mbedtls_x509write_crt_set_serial(&cert, &serial), 0);
  EXPECT_EQ(mbedtls_x509write_crt_set_subject_name(&cert, ("CN=" + common_name).c_str()), 0);
  EXPECT_EQ(mbedtls_x509write_crt_set_issuer_name(&cert, ("CN=" + name_).c_str()), 0);
  EXPECT_EQ(mbedtls_x509write_crt_set_validity(&cert, validity.from, validity.to), 0);
  EXPECT_EQ(mbedtls_x509write_crt_set_basic_constraints(&cert, is_ca ? 1 : 0, -1), 0);
  Text pem{};
  EXPECT_EQ(mbedtls_x509write_crt_pem(&cert, pem.data(), pem.size(), mbedtls_ctr_drbg_random,
                                      random_.context()),
            0);
  write_pem(path, pem);
  mbedtls_mpi_free(&serial);
  mbedtls_x509write_crt_free(&cert);
}

void Pki::issue(const std::string& common_name, Validity validity) {
  mbedtls_pk_context key;
  make_key(key, file(common_name + ".key"));
  write_certificate(common_name, key, false, validity, file(common_name + ".crt"));
  mbedtls_pk_free(&key);
}

void write_keyset(const std::string& path) {
  MbedRandom random;
  MbedCrypto crypto;
  MbedSigner root(random);
  std::array<uint8_t, 32> scalar{};
  scalar[31] = 7;
  ASSERT_TRUE(root.load(Bytes(scalar)).ok());
  Keyset keyset;
  keyset.epoch = 1;
  keyset.issued = WallTime{1'700'000'000'000};
  ASSERT_TRUE(keyset.keys.push_back({root.public_key(), kRoleRoot | kRoleDirector | kRoleRelease}));

  alignas(8) std::array<uint8_t, wire::kControllerArena> arena;
  alignas(8) std::array<uint8_t, kMaxEnvelope> body;
  alignas(8) std::array<uint8_t, kMaxEnvelope> out;
  wire::Encoder encoder(arena);
  Envelope envelope;
  envelope.signed_bytes = Bytes(body).first(encoder.keyset(keyset, body).value());
  const SignatureBytes signature =
      root.sign(signing_digest(crypto, SignedKind::kKeyset, envelope.signed_bytes)).value();
  SignatureView view;
  view.key_id = root.key_id();
  view.bytes = signature;
  ASSERT_TRUE(envelope.signatures.push_back(view));
  const size_t size = encoder.envelope(envelope, out).value();
  write_text(path, std::string(as_text(Bytes(out).first(size))));
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "flotilla-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace flotilla::edge::test
