#include <gtest/gtest.h>

#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

TfliteModel two_tensors() {
  TfliteModel model;
  model.buffers.push_back({floats(6)});
  model.buffers.push_back({std::string(8, '\x07')});
  model.tensors.push_back({.name = "dense/weights", .shape = {2, 3}, .buffer = 1});
  model.tensors.push_back({.name = "activation", .shape = {1, 224, 224, 3}});
  model.tensors.push_back({.name = "conv/weights",
                           .type = 9,
                           .shape = {2, 4},
                           .buffer = 2,
                           .scales = {0.5F, 0.25F},
                           .zero_points = {0, -3}});
  return model;
}

std::string refusal(const TfliteModel& model) {
  std::string explanation = "accepted";
  EXPECT_FALSE(read_copy(tflite_file(model), &explanation).ok());
  return explanation;
}

const TensorSpan* find(const ModelFile& model, std::string_view name) {
  for (const TensorSpan& tensor : model.tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

TEST(Tflite, TensorsWithDataAreFound) {
  const std::string file = tflite_file(two_tensors());
  const Result<ModelFile> read = read_copy(file);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().format, ModelFormat::kTflite);
  ASSERT_EQ(read.value().tensors.size(), 2u) << "the activation has no bytes in the file";
  EXPECT_TRUE(keeps_its_promises(read.value(), file.size()));
  const TensorSpan* dense = find(read.value(), "dense/weights");
  ASSERT_NE(dense, nullptr);
  EXPECT_EQ(dense->dtype, DType::kFloat32);
  EXPECT_EQ(dense->shape, (std::vector<uint64_t>{2, 3}));
  EXPECT_EQ(file.substr(dense->offset, dense->size), floats(6));
}

TEST(Tflite, ScalesPerChannelAreRead) {
  const Result<ModelFile> read = read_copy(tflite_file(two_tensors()));
  ASSERT_TRUE(read.ok());
  const TensorSpan* conv = find(read.value(), "conv/weights");
  ASSERT_NE(conv, nullptr);
  EXPECT_EQ(conv->dtype, DType::kInt8);
  EXPECT_EQ(conv->quantisation.scales, (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(conv->quantisation.zero_points, (std::vector<int64_t>{0, -3}));
  EXPECT_EQ(conv->quantisation.axis, 0);
}

TEST(Tflite, ASharedBufferIsReportedOnce) {
  TfliteModel model = two_tensors();
  model.tensors.push_back({.name = "again", .shape = {6}, .buffer = 1});
  const Result<ModelFile> read = read_copy(tflite_file(model));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().tensors.size(), 2u);
  EXPECT_EQ(find(read.value(), "again"), nullptr);
}

TEST(Tflite, OneBufferUnderTwoNumbersIsReportedOnce) {
  TfliteModel model = two_tensors();
  model.shares_buffers = true;
  model.tensors[2] = {.name = "again", .shape = {3, 2}, .buffer = 2};
  const Result<ModelFile> read = read_copy(tflite_file(model));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().tensors.size(), 1u);
}

TEST(Tflite, DataBehindTheFlatbufferIsFound) {
  TfliteModel model;
  model.buffers.push_back({"", 4096, 24});
  model.tensors.push_back({.name = "far", .shape = {6}, .buffer = 1});
  std::string file = tflite_file(model);
  file.resize(4096);
  file += floats(6);
  const Result<ModelFile> read = read_copy(file);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.value().tensors.size(), 1u);
  EXPECT_EQ(read.value().tensors[0].offset, 4096u);
  file.pop_back();
  std::string explanation;
  EXPECT_FALSE(read_copy(file, &explanation).ok());
  EXPECT_NE(explanation.find("'far': its data ends beyond the file"), std::string::npos)
      << explanation;
}

TEST(Tflite, SparseTensorsKeepTheirIndices) {
  TfliteModel model;
  model.buffers.push_back({floats(3)});
  model.tensors.push_back(
      {.name = "pruned", .shape = {4, 4}, .buffer = 1, .sparse_indices = {1, 7, 9}});
  const std::string file = tflite_file(model);
  const Result<ModelFile> read = read_copy(file);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.value().tensors.size(), 2u);
  const TensorSpan* indices = find(read.value(), "pruned/0/indices");
  ASSERT_NE(indices, nullptr);
  EXPECT_EQ(indices->role, TensorRole::kIndices);
  EXPECT_EQ(indices->dtype, DType::kUint8);
  EXPECT_EQ(file.substr(indices->offset, indices->size), "\x01\x07\x09");
  ASSERT_NE(find(read.value(), "pruned"), nullptr);
  EXPECT_EQ(find(read.value(), "pruned")->size, 12u);
}

TEST(Tflite, ContradictionsAreRefusedWithTheTensorsName) {
  TfliteModel model = two_tensors();
  model.tensors[0].buffer = 9;
  EXPECT_NE(refusal(model).find("'dense/weights': it names a buffer that does not exist"),
            std::string::npos);
  model = two_tensors();
  model.tensors[0].shape = {7};
  EXPECT_NE(refusal(model).find("another size than its shape"), std::string::npos);
  model.tensors[0].shape = {-1, 6};
  EXPECT_NE(refusal(model).find("negative dimension"), std::string::npos);
  model = two_tensors();
  model.tensors[2].scales.push_back(1);
  EXPECT_NE(refusal(model).find("scales"), std::string::npos);
}

TEST(Tflite, BombShapesAreRefused) {
  TfliteModel model = two_tensors();
  model.tensors[0].shape.assign(20, INT32_MAX);
  EXPECT_NE(refusal(model).find("another size than its shape"), std::string::npos);
  model.tensors[0].shape.assign(100'000, 1);
  EXPECT_NE(refusal(model).find("more than 32 dimensions"), std::string::npos);
}

TEST(Tflite, RepeatedSubgraphsAreBounded) {
  TfliteModel model = two_tensors();
  model.subgraphs = 10'000;
  model.tensor_repeats = 10'000;  // 3 x 10^8 tensors in a file of 160 kB
  const std::string file = tflite_file(model);
  ASSERT_LT(file.size(), 200'000u);
  const Result<ModelFile> read = read_copy(file);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.status().code(), Code::kResourceExhausted);
}

TEST(Tflite, LongNamesAreRefused) {
  TfliteModel model = two_tensors();
  model.tensors[0].name.assign(100'000, 'x');
  EXPECT_NE(refusal(model).find("a name of more than 4096 bytes"), std::string::npos);
}

}  // namespace
}  // namespace flotilla::controller::test
