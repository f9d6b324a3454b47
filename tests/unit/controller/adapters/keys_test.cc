#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "controller/adapters/keys_file.h"
#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/mbed_signer.h"
#include "controller/adapters/openssl_verifier.h"
#include "controller/adapters/small_file.h"
#include "schemas/protocol/trust.h"
#include "tests/support/adapter_keys.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::from_hex;
using flotilla::testing::rfc6979_key;
using flotilla::testing::rfc6979_public_key;
using flotilla::testing::rfc6979_signer;

class KeysTest : public ::testing::Test {
 protected:
  MbedHasher hasher_;
  OpensslVerifier verifier_;
  flotilla::testing::TemporaryFolder folder_;
};

TEST_F(KeysTest, Sha256OfFips180) {
  EXPECT_EQ(to_hex(hasher_.sha256({as_bytes("a"), as_bytes("bc")})),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(KeysTest, SignaturesOfRfc6979) {
  struct Vector {
    const char* message;
    const char* r_and_s;
  };
  const Vector vectors[] = {{"sample",
                             "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
                             "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"},
                            {"test",
                             "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
                             "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"}};
  const auto signer = rfc6979_signer(hasher_);
  EXPECT_EQ(signer->public_key(), rfc6979_public_key());
  EXPECT_EQ(signer->key_id(), key_id(hasher_, rfc6979_public_key()));
  for (const Vector& vector : vectors) {
    const Digest digest = hasher_.sha256({as_bytes(vector.message)});
    const auto signature = signer->sign(digest);
    ASSERT_TRUE(signature.ok());
    EXPECT_EQ(as_text(signature.value()), from_hex(vector.r_and_s));
    EXPECT_TRUE(verifier_.verify(signer->public_key(), digest, signature.value()));
  }
}

TEST_F(KeysTest, AnyFlippedBitFailsVerification) {
  const auto signer = rfc6979_signer(hasher_);
  const Digest digest = hasher_.sha256({as_bytes("message")});
  const SignatureBytes good = signer->sign(digest).value();
  for (size_t bit = 0; bit < 512; bit += 7) {
    SignatureBytes bad = good;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_FALSE(verifier_.verify(signer->public_key(), digest, bad)) << bit;
    PublicKey key = signer->public_key();
    key[bit / 8] = static_cast<uint8_t>(key[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_FALSE(verifier_.verify(key, digest, good)) << bit;
  }
  EXPECT_FALSE(verifier_.verify(signer->public_key(), Digest{}, good));
  EXPECT_FALSE(verifier_.verify(signer->public_key(), digest, Bytes(good).first(63)));
  EXPECT_FALSE(verifier_.verify(signer->public_key(), digest, SignatureBytes{}));
  EXPECT_FALSE(verifier_.verify(PublicKey{}, digest, good));
}

TEST_F(KeysTest, GeneratedKeysSignAndStayPrivate) {
  const std::string path = folder_ / "director.pem";
  const auto made = generate_key_file(path);
  ASSERT_TRUE(made.ok()) << made.status().reason();
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  const auto signer = MbedSigner::load(hasher_, path);
  ASSERT_TRUE(signer.ok()) << signer.status().reason();
  EXPECT_EQ(signer.value()->public_key(), made.value());
  EXPECT_EQ(load_public_half(path).value(), made.value());
  const Digest digest = hasher_.sha256({as_bytes("x")});
  EXPECT_TRUE(verifier_.verify(made.value(), digest, signer.value()->sign(digest).value()));
}

TEST_F(KeysTest, AnExistingKeyIsNeverOverwritten) {
  const std::string path = folder_ / "key.pem";
  const PublicKey first = generate_key_file(path).value();
  EXPECT_EQ(generate_key_file(path).status().code(), Code::kAlreadyExists);
  EXPECT_EQ(load_public_half(path).value(), first);
}

TEST_F(KeysTest, WhatIsNoP256KeyIsRefused) {
  EXPECT_EQ(MbedSigner::load(hasher_, folder_ / "absent").status().code(), Code::kNotFound);
  std::ofstream(folder_ / "text") << "not a key";
  EXPECT_EQ(MbedSigner::load(hasher_, folder_ / "text").status().code(), Code::kInvalidArgument);
  // secp256k1 in the place of P-256
  const std::string other = from_hex(
      "302e0201010420C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"
      "A00706052B8104000A");
  EXPECT_EQ(MbedSigner::from_key(hasher_, as_bytes(other)).status().code(), Code::kInvalidArgument);
  std::string big(100'000, 'x');
  std::ofstream(folder_ / "big") << big;
  EXPECT_EQ(MbedSigner::load(hasher_, folder_ / "big").status().code(), Code::kOutOfRange);
}

/// Self-signed, CN=press-01, P-256, by `openssl req`.
constexpr std::string_view kCertificate = R"(-----BEGIN CERTIFICATE-----
MIIBnjCCAUOgAwIBAgIUFBxZhuzS6yjUD2gITaWT+6evTU0wCgYIKoZIzj0EAwIw
IzEOMAwGA1UECgwFUGxhbnQxETAPBgNVBAMMCHByZXNzLTAxMCAXDTI2MTEyMjE5
MzgxM1oYDzIxMjYxMDI5MTkzODEzWjAjMQ4wDAYDVQQKDAVQbGFudDERMA8GA1UE
AwwIcHJlc3MtMDEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQLer8aOQ06n8GT
Y4U0iD6f5hYIe2Pw4ZVaG+DeMz71kD/nInwau3snWy8YLpyBhEICpH0P5yaLVAza
eV0KK4/9o1MwUTAdBgNVHQ4EFgQUnnxPRXH8T54J7iJOZRMw4yTK+fgwHwYDVR0j
BBgwFoAUnnxPRXH8T54J7iJOZRMw4yTK+fgwDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNJADBGAiEAobEwy/zhBVkezhlkdPLB96LytrhlRMxP6MugoWik5WsC
IQCgVTpZokB9fi5D6z0OuziypCh/o2TA2mO0SaGeVeW7CQ==
-----END CERTIFICATE-----
)";
constexpr std::string_view kCertificateKey =
    "0b7abf1a390d3a9fc193638534883e9fe616087b63f0e1955a1be0de333ef590"
    "3fe7227c1abb7b275b2f182e9c81844202a47d0fe7268b540cda795d0a2b8ffd";

TEST_F(KeysTest, CertificatesNameADeviceAndItsKey) {
  const auto identity = certificate_identity(kCertificate);
  ASSERT_TRUE(identity.ok()) << identity.status().reason();
  EXPECT_EQ(identity.value().common_name, "press-01");
  EXPECT_EQ(as_text(identity.value().public_key), from_hex(kCertificateKey));
}

TEST_F(KeysTest, WhatIsNoCertificateIsRefused) {
  EXPECT_EQ(certificate_identity("").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(certificate_identity("-----BEGIN CERTIFICATE-----\nAAAA").status().code(),
            Code::kInvalidArgument);
  EXPECT_EQ(certificate_identity(kCertificate.substr(0, 300)).status().code(),
            Code::kInvalidArgument);
}

TEST_F(KeysTest, PublicKeysAsDer) {
  const std::string der = from_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") +
                          std::string(as_text(rfc6979_public_key()));
  EXPECT_EQ(parse_public_key(der).value(), rfc6979_public_key());
  EXPECT_FALSE(parse_public_key(der.substr(1)).ok());
}

}  // namespace
}  // namespace flotilla::controller
