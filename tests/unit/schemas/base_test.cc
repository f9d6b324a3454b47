#include <gtest/gtest.h>

#include <string>

#include "schemas/base/bytes.h"
#include "schemas/base/digest.h"
#include "schemas/base/fixed_string.h"
#include "schemas/base/fixed_vector.h"
#include "schemas/base/ids.h"
#include "schemas/base/status.h"
#include "schemas/base/time.h"

namespace flotilla {
namespace {

TEST(Bytes, IntegersHaveTheNamedByteOrderAtAnyAlignment) {
  uint8_t bytes[17] = {};
  for (size_t at = 0; at < 8; ++at) {
    store_u64_le(bytes + at, 0x0102030405060708);
    EXPECT_EQ(bytes[at], 8);
    EXPECT_EQ(load_u64_le(bytes + at), 0x0102030405060708u);
    EXPECT_EQ(load_u64_be(bytes + at), 0x0807060504030201u);
    store_u64_be(bytes + at, 0x0102030405060708);
    EXPECT_EQ(bytes[at], 1);
    store_u32_be(bytes + at, 0xFFEEDDCC);
    EXPECT_EQ(load_u32_be(bytes + at), 0xFFEEDDCCu);
    EXPECT_EQ(load_u32_le(bytes + at), 0xCCDDEEFFu);
    store_u32_le(bytes + at, 0xFFEEDDCC);
    EXPECT_EQ(bytes[at], 0xCC);
    store_u16_be(bytes + at, 0xFFEE);
    EXPECT_EQ(load_u16_le(bytes + at), 0xEEFFu);
    store_u16_le(bytes + at, 0xFFEE);
    EXPECT_EQ(load_u16_be(bytes + at), 0xEEFFu);
  }
}

TEST(Bytes, EqualComparesLengthAndContent) {
  EXPECT_TRUE(equal({}, {}));
  EXPECT_TRUE(equal(as_bytes("ab"), as_bytes("ab")));
  EXPECT_FALSE(equal(as_bytes("ab"), as_bytes("abc")));
  EXPECT_FALSE(equal(as_bytes("ab"), as_bytes("aB")));
}

TEST(Bytes, CopyWritesTheFrontOnly) {
  uint8_t out[4] = {9, 9, 9, 9};
  copy(as_bytes("ab"), out);
  EXPECT_EQ(as_text(out), std::string_view("ab\x09\x09"));
  copy({}, {});
  fill(out, 7);
  EXPECT_EQ(out[0] + out[3], 14);
  EXPECT_DEATH(copy(as_bytes("abcde"), out), "");
}

TEST(Digest, HexGoesThereAndBack) {
  Digest digest;
  EXPECT_TRUE(digest.is_none());
  for (size_t i = 0; i < Digest::kSize; ++i) digest.bytes[i] = static_cast<uint8_t>(i * 8 + 5);
  const HexDigest hex = to_hex(digest);
  EXPECT_EQ(hex.view().substr(0, 6), "050d15");
  Digest parsed;
  ASSERT_TRUE(parse_hex(hex.view(), parsed));
  EXPECT_EQ(parsed, digest);
  EXPECT_FALSE(parsed.is_none());
}

TEST(Digest, RefusesHexThatIsNotADigestAndKeepsTheOldValue) {
  Digest digest;
  digest.bytes[31] = 1;
  const Digest before = digest;
  EXPECT_FALSE(parse_hex(std::string(63, 'a'), digest));
  EXPECT_FALSE(parse_hex(std::string(65, 'a'), digest));
  EXPECT_FALSE(parse_hex(std::string(63, 'a') + "g", digest));
  EXPECT_FALSE(parse_hex("", digest));
  EXPECT_FALSE(digest_from(as_bytes("short"), digest));
  EXPECT_EQ(digest, before);
  EXPECT_TRUE(parse_hex(std::string(64, 'F'), digest));
  EXPECT_EQ(digest.bytes[0], 0xFF);
}

TEST(Digest, SixtyFourBitHexIsSixteenDigits) {
  EXPECT_EQ(to_hex(uint64_t{0x1A}), "000000000000001a");
  uint64_t value = 0;
  EXPECT_TRUE(parse_hex("ffffffffffffffff", value));
  EXPECT_EQ(value, UINT64_MAX);
  EXPECT_FALSE(parse_hex("fffffffffffffff", value));
  EXPECT_FALSE(parse_hex("0x00000000000000", value));
}

TEST(FixedString, HoldsUpToItsCapacity) {
  FixedString<4> text;
  EXPECT_TRUE(text.empty());
  EXPECT_TRUE(text.assign("abcd"));
  EXPECT_FALSE(text.assign("abcde"));
  EXPECT_EQ(text, "abcd");
  EXPECT_FALSE(text.append("e"));
  EXPECT_TRUE(text.append(""));
  text.assign_truncated("uvwxyz");
  EXPECT_EQ(text, "uvwx");
  text.clear();
  EXPECT_TRUE(text.append("a") && text.append("b"));
  EXPECT_EQ(text, FixedString<4>("ab"));
  EXPECT_FALSE(text == FixedString<4>("abc"));
}

TEST(FixedString, KeepsZeroBytes) {
  FixedString<4> text;
  EXPECT_TRUE(text.assign(std::string_view("a\0b", 3)));
  EXPECT_EQ(text.size(), 3u);
  EXPECT_FALSE(text == "a");
}

TEST(FixedVector, RefusesMoreThanItsCapacity) {
  FixedVector<int, 2> rows;
  EXPECT_TRUE(rows.push_back(1) && rows.push_back(2));
  EXPECT_TRUE(rows.full());
  EXPECT_FALSE(rows.push_back(3));
  EXPECT_EQ(rows[1], 2);
  EXPECT_EQ(rows.end() - rows.begin(), 2);
  EXPECT_DEATH(rows[2] = 1, "");
  rows.clear();
  EXPECT_TRUE(rows.empty());
}

TEST(Ids, NamesAreShortWordsOfLowerCase) {
  EXPECT_TRUE(is_valid_name("pose_2-x"));
  EXPECT_TRUE(is_valid_name(std::string(32, 'a')));
  EXPECT_FALSE(is_valid_name(std::string(33, 'a')));
  EXPECT_TRUE(is_valid_device_id(std::string(64, 'a')));
  EXPECT_FALSE(is_valid_device_id(std::string(65, 'a')));
}

TEST(Ids, EveryOtherByteIsRefused) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    const std::string text = std::string("a") + c;
    EXPECT_EQ(is_valid_name(text), allowed) << byte;
    EXPECT_EQ(is_valid_device_id(text), allowed) << byte;
  }
  EXPECT_FALSE(is_valid_name(""));
  EXPECT_FALSE(is_valid_device_id(""));
}

TEST(Status, NumbersAndNamesAreFixed) {
  EXPECT_EQ(static_cast<int>(Code::kInternal), 14);
  EXPECT_STREQ(code_name(Code::kOk), "ok");
  EXPECT_STREQ(code_name(Code::kUnimplemented), "unimplemented");
  EXPECT_STREQ(code_name(static_cast<Code>(200)), "unknown");
}

Status pass_on(Status status) {
  FLOTILLA_TRY(status);
  return Status(Code::kAborted, "went on");
}

TEST(Status, TryReturnsOnlyFailures) {
  EXPECT_EQ(pass_on(Status(Code::kDataLoss, "x")).code(), Code::kDataLoss);
  EXPECT_EQ(pass_on(ok_status()).code(), Code::kAborted);
}

TEST(Result, HoldsAValueOrAReason) {
  const Result<int> good(3);
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(good.value(), 3);
  const Result<int> bad(Status(Code::kNotFound, "no such thing"));
  EXPECT_STREQ(bad.status().reason(), "no such thing");
  EXPECT_DEATH((void)bad.value(), "");
}

TEST(Time, DifferencesAndSums) {
  EXPECT_EQ((MonoTime{500} + seconds(2)).ms, 2500);
  EXPECT_EQ((MonoTime{500} - milliseconds(2)).ms, 498);
  EXPECT_EQ(MonoTime{500} - MonoTime{200}, milliseconds(300));
  EXPECT_EQ((WallTime{1} + seconds(1)).ms, 1001);
  EXPECT_LT(MonoTime{INT64_MAX - 1}, kNever);
}

}  // namespace
}  // namespace flotilla
