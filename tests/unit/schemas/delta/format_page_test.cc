// docs/spec/delta-format.md holds what the code does: its tables, its figures and its example.

#include <gtest/gtest.h>

#include <fstream>
#include <iomanip>
#include <sstream>

#include "tests/support/delta_bench.h"
#include "tests/support/delta_ops.h"
#include "tests/support/delta_reference.h"
#include "tests/support/delta_reference_tables.h"

namespace flotilla::testing {
namespace {

using controller::PlannedOp;
using delta::Element;
using delta::Op;

std::string page() {
  std::ifstream file(FLOTILLA_SOURCE_DIR "/docs/spec/delta-format.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string hex(Bytes bytes) {
  std::ostringstream text;
  text << std::hex << std::setfill('0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) text << (i % 24 == 0 ? "\n             " : " ");
    text << std::setw(2) << static_cast<int>(bytes[i]);
  }
  return text.str();
}

void append(std::vector<uint8_t>& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

void append_halves(std::vector<uint8_t>& bytes, std::initializer_list<uint16_t> values) {
  for (const uint16_t value : values) {
    bytes.push_back(static_cast<uint8_t>(value));
    bytes.push_back(static_cast<uint8_t>(value >> 8));
  }
}

/// Eight bytes that stayed, four halves that moved by a few steps, one that was about zero, and
/// three new bytes.
DeltaCase example() {
  DeltaCase chunk;
  append(chunk.base, "FLOTILLA");
  append_halves(chunk.base, {0x3C00, 0x3800, 0xB400, 0x4000, 0x0000});
  append(chunk.target, "FLOTILLA");
  append_halves(chunk.target, {0x3C01, 0x3801, 0xB402, 0x3FFE, 0x1234});
  append(chunk.target, "v2\n");
  PlannedOp numbers;
  numbers.header.kind = Op::kTyped;
  numbers.header.length = 5;
  numbers.header.base_offset = numbers.target_offset = 8;
  numbers.header.typed.predictor.target = Element::kHalf;
  numbers.header.typed.predictor.base = Element::kHalf;
  chunk.ops = {controller::byte_op(Op::kCopy, 0, 8, 0), numbers,
               controller::byte_op(Op::kLiteral, 18, 3)};
  return chunk;
}

std::string example_text() {
  const DeltaCase chunk = example();
  const std::vector<uint8_t> payload = encode_case(chunk);
  std::vector<TracedSymbol> trace;
  const ReferenceJob job{chunk.base, 0, chunk.output_length(), UINT32_MAX};
  EXPECT_EQ(reference_decode(job, payload, &trace).output, chunk.target);
  Bytes rest = payload;
  delta::ChunkHeader header;
  EXPECT_TRUE(delta::read_chunk_header(rest, header));
  std::ostringstream text;
  text << "    base     " << hex(chunk.base) << "\n    payload  " << hex(payload)
       << "\n    output   " << hex(chunk.target) << "\n\n"
       << std::hex << std::setfill('0') << "    profile " << int{header.profile}
       << ", output checksum " << std::setw(8) << header.output_checksum << ", base "
       << header.base_begin << " + " << std::dec << header.base_length << std::hex << ", checksum "
       << std::setw(8) << header.base_checksum << "\n\n"
       << "    symbol    bits            value     range     code  bytes\n";
  for (const TracedSymbol& symbol : trace) {
    const bool is_hex = symbol.name == "number" || symbol.name == "byte";
    text << "    " << std::left << std::setfill(' ') << std::setw(10) << symbol.name
         << std::setw(15) << symbol.bits << std::right << std::setw(6)
         << (is_hex ? std::hex : std::dec) << symbol.value << std::hex << "  " << std::setfill('0')
         << std::setw(8) << symbol.range << " " << std::setw(8) << symbol.code << std::dec
         << std::setfill(' ') << std::setw(7) << symbol.bytes_used << "\n";
  }
  return text.str();
}

TEST(DeltaFormatPageTest, TheExampleIsWhatComesOut) {
  const std::string text = example_text();
  EXPECT_NE(page().find(text), std::string::npos) << "the page should have\n" << text;
  const DeltaCase chunk = example();
  DeltaBench bench(chunk.base, 0, chunk.output_length(), delta::decoder_memory(0));
  EXPECT_EQ(bench.verdict(encode_case(chunk)), Verdict::kAccepted);
}

void expect_table(const std::string& text, const std::string& name, const uint16_t* table,
                  size_t size) {
  std::ostringstream heading;
  heading << "`" << name << "[" << size << "]`";
  const size_t at = text.find(heading.str() + ":");
  ASSERT_NE(at, std::string::npos) << heading.str();
  std::istringstream numbers(text.substr(text.find("\n\n", at)));
  for (size_t i = 0; i < size; ++i) {
    uint32_t value = 0;
    ASSERT_TRUE(numbers >> value) << name;
    EXPECT_EQ(value, table[i]) << name << " " << i;
  }
}

/// The reference decoder has the page's tables; that it agrees with the device is tested elsewhere.
TEST(DeltaFormatPageTest, TheTablesAreThoseOfTheReferenceDecoder) {
  const std::string text = page();
  expect_table(text, "LOG2", kSpecLog2, std::size(kSpecLog2));
  expect_table(text, "LOGISTIC", kSpecLogistic, std::size(kSpecLogistic));
  expect_table(text, "WIDTH", kSpecWidth, std::size(kSpecWidth));
  expect_table(text, "WIDTH_BY_TREND", kSpecWidthByTrend, std::size(kSpecWidthByTrend));
  expect_table(text, "TOP", kSpecTop, std::size(kSpecTop));
  expect_table(text, "EXPONENT", kSpecExponent, std::size(kSpecExponent));
  expect_table(text, "EXPONENT_BY_TREND", kSpecExponentByTrend, std::size(kSpecExponentByTrend));
  expect_table(text, "FLIP", kSpecFlip, std::size(kSpecFlip));
  expect_table(text, "MANTISSA", kSpecMantissa, std::size(kSpecMantissa));
}

TEST(DeltaFormatPageTest, TheProfilesAreThoseOfTheCode) {
  const char* const names[] = {"small", "large"};
  for (uint8_t profile = 0; profile < delta::kProfileCount; ++profile) {
    const delta::Profile& p = delta::kProfiles[profile];
    std::ostringstream row;
    row << "| " << int{profile} << " " << names[profile] << " | " << p.lanes << " | " << p.hashed
        << " | " << p.columns << " | " << p.scales << " | " << delta::decoder_memory(profile)
        << " bytes |";
    EXPECT_NE(page().find(row.str()), std::string::npos) << row.str();
  }
}

}  // namespace
}  // namespace flotilla::testing
