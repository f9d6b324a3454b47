#include "controller/api/token_text.h"

#include <gtest/gtest.h>

#include "tests/support/controller_hasher.h"

namespace flotilla::controller::api {
namespace {

TEST(TokenText, KeepsItsSecretAndItsId) {
  TokenSecret secret{};
  for (size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<uint8_t>(255 - i);
  const std::string text = make_token("abcd2345", secret);
  EXPECT_EQ(text.substr(0, 13), "flt_abcd2345_");
  EXPECT_EQ(text.size(), 4 + 8 + 1 + 43 + 6u);
  const auto parts = parse_token(text);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->id, "abcd2345");
  EXPECT_EQ(parts->secret, text.substr(13, 43));
}

TEST(TokenText, TheLargestSecretFits) {
  TokenSecret secret{};
  secret.fill(0xFF);
  EXPECT_TRUE(parse_token(make_token("abcdefgh", secret)));
  secret.fill(0);
  EXPECT_EQ(make_token("abcdefgh", secret).substr(13, 43), std::string(43, '0'));
}

TEST(TokenText, EveryChangedCharacterIsNoticed) {
  TokenSecret secret{};
  secret.fill(5);
  const std::string good = make_token("abcdefgh", secret);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(parse_token(bad)) << "character " << i;
  }
  EXPECT_FALSE(parse_token(good + "0"));
  EXPECT_FALSE(parse_token(good.substr(1)));
  EXPECT_FALSE(parse_token(""));
}

TEST(TokenText, ComparesDigestsInFull) {
  testing::TestHasher hasher;
  const Digest a = token_hash(hasher, "a");
  EXPECT_TRUE(equal_in_constant_time(a, a));
  for (size_t i = 0; i < Digest::kSize; ++i) {
    Digest b = a;
    b.bytes[i] ^= 1;
    EXPECT_FALSE(equal_in_constant_time(a, b));
  }
}

TEST(TokenText, IdsUseTheAllowedCharacters) {
  const std::string id = make_token_id({0xFF, 0x00, 0xA5, 0x5A, 0x33});
  EXPECT_EQ(id.size(), kTokenIdSize);
  TokenSecret secret{};
  EXPECT_TRUE(parse_token(make_token(id, secret)));
}

}  // namespace
}  // namespace flotilla::controller::api
