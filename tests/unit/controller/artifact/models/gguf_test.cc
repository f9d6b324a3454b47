#include <gtest/gtest.h>

#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

constexpr uint32_t kF16 = 1;
constexpr uint32_t kQ8 = 8;

std::string pair(std::string_view key, uint32_t type, const std::string& value) {
  return gguf_text(key) + little(type, 4) + value;
}

std::string refusal(const std::string& file) {
  std::string explanation = "accepted";
  EXPECT_FALSE(read_copy(file, &explanation).ok());
  return explanation;
}

TEST(Gguf, TensorsBehindMetadataAreFound) {
  const std::string nested = little(9, 4) + little(2, 8) +                 // an array of two arrays
                             little(4, 4) + little(1, 8) + little(5, 4) +  // of one uint32
                             little(8, 4) + little(1, 8) + gguf_text("x");  // of one text
  const std::string pairs = pair("general.name", 8, gguf_text("small")) + pair("truth", 7, "\x01") +
                            pair("nested", 9, nested) + pair("rope.base", 12, floats(2));
  const std::string file =
      gguf_file(pairs, 4, {{"blocks", {64, 2}, kQ8, 0}, {"half", {3, 2}, kF16, 160}},
                std::string(160 + 12, 'd'));
  const Result<ModelFile> read = read_copy(file);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().format, ModelFormat::kGguf);
  ASSERT_EQ(read.value().tensors.size(), 2u);
  EXPECT_TRUE(keeps_its_promises(read.value(), file.size()));
  const TensorSpan& blocks = read.value().tensors[0];
  EXPECT_EQ(blocks.dtype, DType::kBlock);
  EXPECT_EQ(blocks.block.name, "Q8_0");
  EXPECT_EQ(blocks.shape, (std::vector<uint64_t>{2, 64})) << "outermost first";
  EXPECT_EQ(blocks.offset, file.size() - 172);
  EXPECT_EQ(blocks.size, 136u);
  EXPECT_EQ(read.value().tensors[1].size, 12u);
}

TEST(Gguf, TheAlignmentIsHeeded) {
  const std::string pairs = pair("general.alignment", 4, little(128, 4));
  std::string file = gguf_file(pairs, 1, {{"w", {4}, 0, 0}}, "");
  file.resize(128);
  const Result<ModelFile> read = read_copy(file + floats(4));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().tensors.at(0).offset, 128u);
  EXPECT_NE(refusal(gguf_file(pair("general.alignment", 4, little(24, 4)), 1, {}, ""))
                .find("no power of two"),
            std::string::npos);
}

TEST(Gguf, UnknownTypesAreLeftOut) {
  const Result<ModelFile> read =
      read_copy(gguf_file("", 0, {{"new", {4}, 77, 0}, {"old", {4}, 0, 32}}, std::string(48, 0)));
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.value().tensors.size(), 1u);
  EXPECT_EQ(read.value().tensors[0].name, "old");
}

TEST(Gguf, ContradictionsAreRefused) {
  const std::string data(64, 'd');
  EXPECT_NE(refusal(gguf_file("", 0, {{"w", {33}, kQ8, 0}}, data)).find("'w': its shape"),
            std::string::npos);
  EXPECT_NE(refusal(gguf_file("", 0, {{"w", {64}, 0, 0}}, data)).find("beyond the file"),
            std::string::npos);
  EXPECT_NE(refusal(gguf_file("", 0, {{"w", {4}, 0, UINT64_MAX}}, data)).find("offset"),
            std::string::npos);
  const std::vector<uint64_t> bomb(4, UINT64_MAX / 2);
  EXPECT_NE(refusal(gguf_file("", 0, {{"w", bomb, 0, 0}}, data)).find("its shape"),
            std::string::npos);
  EXPECT_NE(refusal(gguf_file("", 0, {{"a", {8}, 0, 0}, {"b", {4}, 0, 16}}, data)).find("overlap"),
            std::string::npos);
  std::string big_endian = gguf_file("", 0, {}, "");
  big_endian.replace(4, 4, std::string("\0\0\0\x03", 4));
  EXPECT_NE(refusal(big_endian).find("big-endian"), std::string::npos);
}

TEST(Gguf, HostileCountsEndAtTheFile) {
  std::string file = gguf_file("", 0, {}, "");
  file.replace(16, 8, little(UINT64_MAX, 8));
  EXPECT_NE(refusal(file).find("gguf, byte"), std::string::npos);
  EXPECT_NE(refusal(gguf_file(pair("a", 9, little(4, 4) + little(UINT64_MAX / 4, 8)), 1, {}, ""))
                .find("a metadata value ends beyond the file"),
            std::string::npos);
  EXPECT_NE(refusal(gguf_file(pair("a", 99, ""), 1, {}, "")).find("unknown type"),
            std::string::npos);
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += little(9, 4) + little(1, 8);
  EXPECT_NE(refusal(gguf_file(pair("a", 9, deep), 1, {}, "")).find("deeper than 8"),
            std::string::npos);
}

}  // namespace
}  // namespace flotilla::controller::test
