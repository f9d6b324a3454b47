#include <gtest/gtest.h>

#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  uint64_t begin, uint64_t end) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

std::string refusal(const std::string& file) {
  std::string explanation = "accepted";
  EXPECT_FALSE(read_copy(file, &explanation).ok());
  return explanation;
}

TEST(Safetensors, TensorsAreFound) {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},)" + entry("b", "BF16", "[2,2]", 12, 20) + "," +
      entry("a", "F32", "[3]", 0, 12) + "," + entry("none", "F32", "[0]", 20, 20) + "}  ";
  const std::string file = safetensors_file(header, floats(5));
  const Result<ModelFile> read = read_copy(file);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().format, ModelFormat::kSafetensors);
  ASSERT_EQ(read.value().tensors.size(), 2u);
  EXPECT_TRUE(keeps_its_promises(read.value(), file.size()));
  EXPECT_EQ(read.value().tensors[0].name, "a");
  EXPECT_EQ(read.value().tensors[0].offset, 8 + header.size());
  EXPECT_EQ(read.value().tensors[1].dtype, DType::kBfloat16);
  EXPECT_EQ(read.value().tensors[1].shape, (std::vector<uint64_t>{2, 2}));
}

TEST(Safetensors, ScalesStandBesideTheirTensor) {
  const std::string header =
      "{" + entry("w", "I8", "[2,4]", 0, 8) + "," + entry("w.scale", "F32", "[2,1]", 8, 16) + "," +
      entry("v", "U8", "[2,2]", 16, 20) + "," + entry("v_scale", "F16", "[]", 20, 22) + "," +
      entry("v_zero_point", "U8", "[1]", 22, 23) + "}";
  const std::string data =
      std::string(8, 'w') + floats(2) + "vvvv" + little(0x3800, 2) + "\x7F";  // 0x3800: 0.5
  const Result<ModelFile> read = read_copy(safetensors_file(header, data));
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.value().tensors.size(), 5u);
  const Quantisation& w = read.value().tensors[0].quantisation;
  EXPECT_EQ(w.scales, (std::vector<double>{0.5, 1.5}));
  EXPECT_EQ(w.axis, 0);
  const Quantisation& v = read.value().tensors[2].quantisation;
  EXPECT_EQ(v.scales, (std::vector<double>{0.5}));
  EXPECT_EQ(v.zero_points, (std::vector<int64_t>{127}));
  EXPECT_EQ(v.axis, -1);
}

TEST(Safetensors, ScalesThatDoNotFitAreNotTaken) {
  const std::string header =
      "{" + entry("w", "I8", "[2,2]", 0, 4) + "," + entry("w.scale", "F32", "[3]", 4, 16) + "," +
      entry("v", "I8", "[2,2]", 16, 20) + "," + entry("v.scale", "F32", "[2]", 20, 28) + "," +
      entry("v.zero_point", "U8", "[3]", 28, 31) + "}";
  const Result<ModelFile> read = read_copy(safetensors_file(header, std::string(31, 'd')));
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.value().tensors.size(), 5u);
  for (const TensorSpan& tensor : read.value().tensors) {
    EXPECT_TRUE(tensor.quantisation.scales.empty()) << tensor.name;
  }
}

TEST(Safetensors, DuplicatesOverlapsHolesAndRangesAreRefused) {
  const auto with = [](const std::string& entries, size_t values) {
    return refusal(safetensors_file("{" + entries + "}", floats(values)));
  };
  EXPECT_NE(with(entry("a", "F32", "[1]", 0, 4) + "," + entry("a", "F32", "[1]", 4, 8), 2)
                .find("'a': two tensors of this name"),
            std::string::npos);
  EXPECT_NE(with(entry("a", "F32", "[2]", 0, 8) + "," + entry("b", "F32", "[1]", 4, 8), 3)
                .find("overlaps"),
            std::string::npos);
  EXPECT_NE(with(entry("a", "F32", "[1]", 0, 4) + "," + entry("b", "F32", "[1]", 8, 12), 3)
                .find("cover the data"),
            std::string::npos);
  EXPECT_NE(with(entry("a", "F32", "[2]", 0, 8), 1).find("'a': its data_offsets lie outside"),
            std::string::npos);
  EXPECT_NE(with(entry("a", "F32", "[1]", 4, 0), 1).find("data_offsets"), std::string::npos);
  EXPECT_NE(with(entry("a", "F32", "[3]", 0, 8), 2).find("another size"), std::string::npos);
}

TEST(Safetensors, BrokenHeadersAreRefused) {
  const auto with = [](const std::string& header) {
    return refusal(safetensors_file(header, floats(1)));
  };
  EXPECT_NE(with("{\"a\":").find("not valid JSON"), std::string::npos);
  EXPECT_NE(with("{\"a\":5}").find("'a': its entry is no object"), std::string::npos);
  EXPECT_NE(with("{\"a\":[{}]}").find("'a': its entry is no object"), std::string::npos);
  EXPECT_NE(with("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}")
                .find("no whole number"),
            std::string::npos);
  EXPECT_NE(with("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}").find("no list"), std::string::npos);
  EXPECT_NE(with(std::string("{\"\x80\":1}")).find("not valid JSON"), std::string::npos);
}

TEST(Safetensors, LargeHeadersAreBounded) {
  std::string values = "0";
  for (int i = 0; i < 100'000; ++i) values += ",0";
  const std::string long_entry =
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[" + values + "],\"data_offsets\":[0,4]}}";
  EXPECT_NE(refusal(safetensors_file(long_entry, floats(1))).find("too long"), std::string::npos);
  std::string nested(50'000, '[');
  nested = "{\"a\":{\"b\":" + nested + std::string(50'000, ']') + "}}";
  EXPECT_NE(refusal(safetensors_file(nested, floats(1))).find("too long"), std::string::npos);
  const std::string announced = little(99'000'000, 8) + "{\"a\":1}";
  EXPECT_NE(refusal(announced).find("a header of more than 32 MiB"), std::string::npos);
}

}  // namespace
}  // namespace flotilla::controller::test
