#include "edge-client/adapters/mbed_crypto.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "schemas/protocol/trust.h"
#include "tests/unit/edge-client/app/pki.h"

namespace flotilla::edge::test {
namespace {

template <size_t N>
std::array<uint8_t, N> bytes_of(std::string_view hex) {
  std::array<uint8_t, N> out{};
  EXPECT_EQ(hex.size(), 2 * N);
  for (size_t i = 0; i < N; ++i) {
    out[i] = static_cast<uint8_t>(std::stoul(std::string(hex.substr(2 * i, 2)), nullptr, 16));
  }
  return out;
}

// RFC 6979 appendix A.2.5, P-256.
constexpr std::string_view kScalar =
    "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
constexpr std::string_view kPublic =
    "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";
constexpr std::string_view kSampleSignature =
    "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8";
constexpr std::string_view kTestSignature =
    "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
    "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083";

class MbedCryptoTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto scalar = bytes_of<32>(kScalar);
    ASSERT_TRUE(signer.load(Bytes(scalar)).ok()) << signer.explain();
  }
  Digest digest(std::string_view text) { return crypto.sha256({as_bytes(text)}); }

  MbedRandom random;
  MbedCrypto crypto;
  MbedSigner signer{random};
};

TEST_F(MbedCryptoTest, HashesAsTheStandardSays) {
  // FIPS 180-4 example "abc".
  EXPECT_EQ(to_hex(digest("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(crypto.sha256({as_bytes("a"), {}, as_bytes("bc")}), digest("abc"));
  crypto.hash_begin();
  crypto.hash_update(as_bytes("forgotten"));
  crypto.hash_begin();
  crypto.hash_update(as_bytes("ab"));
  EXPECT_EQ(digest("other"), crypto.sha256({as_bytes("other")})) << "apart from the running one";
  crypto.hash_update(as_bytes("c"));
  EXPECT_EQ(crypto.hash_end(), digest("abc"));
}

TEST_F(MbedCryptoTest, SignsDeterministically) {
  EXPECT_EQ(signer.public_key(), bytes_of<64>(kPublic));
  EXPECT_EQ(signer.sign(digest("sample")).value(), bytes_of<64>(kSampleSignature));
  EXPECT_EQ(signer.sign(digest("test")).value(), bytes_of<64>(kTestSignature));
  EXPECT_EQ(signer.sign(digest("test")).value(), bytes_of<64>(kTestSignature));
  EXPECT_EQ(signer.key_id(), key_id(crypto, signer.public_key()));
}

TEST_F(MbedCryptoTest, VerifiesAndNoticesEveryFlippedByte) {
  const PublicKey key = bytes_of<64>(kPublic);
  const auto signature = bytes_of<64>(kSampleSignature);
  EXPECT_TRUE(crypto.verify(key, digest("sample"), signature));
  EXPECT_FALSE(crypto.verify(key, digest("simple"), signature));
  for (size_t i = 0; i < signature.size(); ++i) {
    auto bad = signature;
    bad[i] ^= 1;
    EXPECT_FALSE(crypto.verify(key, digest("sample"), bad)) << i;
  }
}

TEST_F(MbedCryptoTest, DefectsOfKeyAndSignatureAreFalse) {
  const PublicKey key = bytes_of<64>(kPublic);
  const auto signature = bytes_of<64>(kSampleSignature);
  EXPECT_FALSE(crypto.verify({}, digest("sample"), signature)) << "not on the curve";
  PublicKey bad = key;
  bad[0] ^= 1;
  EXPECT_FALSE(crypto.verify(bad, digest("sample"), signature));
  EXPECT_FALSE(crypto.verify(key, digest("sample"), Bytes(signature).first(63)));
  EXPECT_FALSE(crypto.verify(key, digest("sample"), {}));
  const std::array<uint8_t, 64> zero{};
  EXPECT_FALSE(crypto.verify(key, digest("sample"), zero));
}

TEST_F(MbedCryptoTest, LoadsTheKeyOfTheCertificate) {
  const TemporaryFolder folder;
  Pki pki(folder.path(), "ca");
  pki.issue("dev-1");
  MbedSigner from_file(random);
  ASSERT_TRUE(from_file.load(pki.file("dev-1.key")).ok()) << from_file.explain();
  const Digest message = digest("message");
  const SignatureBytes signature = from_file.sign(message).value();
  EXPECT_TRUE(crypto.verify(from_file.public_key(), message, signature));
}

TEST_F(MbedCryptoTest, SaysWhyAKeyCannotBeLoaded) {
  const TemporaryFolder folder;
  MbedSigner bad(random);
  EXPECT_FALSE(bad.load(folder.file("none.key")).ok());
  EXPECT_NE(bad.explain().find("unencrypted PEM"), std::string::npos) << bad.explain();
  const std::array<uint8_t, 32> zero{};
  EXPECT_FALSE(bad.load(Bytes(zero)).ok());
}

}  // namespace
}  // namespace flotilla::edge::test
