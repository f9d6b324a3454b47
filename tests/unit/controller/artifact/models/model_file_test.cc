#include "controller/artifact/models/model_file.h"

#include <gtest/gtest.h>

#include "controller/artifact/models/numbers.h"
#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

TEST(ModelFile, FilesOfOtherKindsAreUnknownAndNoError) {
  for (const std::string& file :
       {std::string(), std::string("{}"), std::string(100, '\0'), std::string("\x08\x07", 2),
        std::string("just some text that is longer than every header"), std::string(64, '\xFF')}) {
    const Result<ModelFile> read = read_copy(file);
    ASSERT_TRUE(read.ok()) << file;
    EXPECT_EQ(read.value().format, ModelFormat::kUnknown) << file;
    EXPECT_TRUE(read.value().tensors.empty());
  }
}

TEST(ModelFile, EveryPrefixIsRefusedOrReadSafely) {
  for (const std::string& file : model_files()) {
    ASSERT_TRUE(read_copy(file).ok());
    ASSERT_EQ(read_copy(file).value().tensors.size() >= 2, true);
    for (size_t size = 0; size < file.size(); ++size) {
      std::string explanation;
      const Result<ModelFile> read = read_copy(file.substr(0, size), &explanation);
      EXPECT_EQ(read.ok(), explanation.empty());
      if (read.ok()) {
        EXPECT_TRUE(keeps_its_promises(read.value(), size));
      }
    }
  }
}

TEST(ModelFile, EveryChangedByteIsRefusedOrReadSafely) {
  for (const std::string& file : model_files()) {
    for (size_t at = 0; at < file.size(); ++at) {
      for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
        std::string changed = file;
        changed[at] = static_cast<char>(value);
        const Result<ModelFile> read = read_copy(changed);
        if (read.ok()) {
          EXPECT_TRUE(keeps_its_promises(read.value(), file.size())) << at;
        }
      }
    }
  }
}

TEST(ModelFile, AnExplanationIsFitForALogLine) {
  const std::string name = "evil\n\x1B[2J" + std::string(1000, 'x');
  const std::string tensor = onnx_tensor(name, 1, {3}, floats(1));
  std::string explanation;
  EXPECT_FALSE(read_copy(onnx_file(onnx_graph({}, {tensor})), &explanation).ok());
  EXPECT_EQ(explanation.find('\n'), std::string::npos);
  EXPECT_EQ(explanation.find('\x1B'), std::string::npos);
  EXPECT_LT(explanation.size(), 300u);
}

TEST(ModelFile, DenseSizes) {
  TensorSpan tensor;
  tensor.dtype = DType::kInt4;
  tensor.shape = {3, 3};
  EXPECT_EQ(dense_size(tensor), 5u) << "two values a byte, the last half empty";
  tensor.dtype = DType::kFloat64;
  tensor.shape = {};
  EXPECT_EQ(dense_size(tensor), 8u) << "a scalar";
  tensor.shape = {uint64_t{1} << 40, uint64_t{1} << 40};
  EXPECT_EQ(dense_size(tensor), std::nullopt);
  tensor.shape = {uint64_t{1} << 40, 0, uint64_t{1} << 40};
  EXPECT_EQ(dense_size(tensor), 0u) << "empty, whatever the other lengths";
}

TEST(ModelFile, NumbersOfEveryWidth) {
  EXPECT_EQ(from_float16(0x3C00), 1.0);
  EXPECT_EQ(from_float16(0xC000), -2.0);
  EXPECT_EQ(from_float16(0x0001), 1.0 / 16777216);
  EXPECT_EQ(from_float16(0x7BFF), 65504.0);
  EXPECT_EQ(from_bfloat16(0x3FC0), 1.5);
  EXPECT_EQ(numbers_in(as_bytes("\xFE\x05"), DType::kInt8), (std::vector<double>{-2, 5}));
  EXPECT_EQ(numbers_in(as_bytes(floats(2)), DType::kFloat32), (std::vector<double>{0.5, 1.5}));
}

}  // namespace
}  // namespace flotilla::controller::test
