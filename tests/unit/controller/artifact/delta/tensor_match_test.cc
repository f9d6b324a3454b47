#include "controller/artifact/delta/tensor_match.h"

#include <gtest/gtest.h>

#include "tests/support/adapter_payloads.h"

namespace flotilla::controller {
namespace {

/// Tensors of one byte an element, one behind the other; their bytes are `fill`.
class File {
 public:
  File& add(const std::string& name, std::vector<uint64_t> shape, char fill,
            DType dtype = DType::kInt8) {
    TensorSpan tensor;
    tensor.name = name;
    tensor.dtype = dtype;
    tensor.offset = bytes_.size();
    tensor.size = elements_of(shape).value();
    tensor.shape = std::move(shape);
    bytes_.append(tensor.size, fill);
    model_.tensors.push_back(std::move(tensor));
    return *this;
  }
  const ModelFile& model() const { return model_; }
  Bytes bytes() const { return as_bytes(bytes_); }

 private:
  ModelFile model_;
  std::string bytes_;
};

/// Index in the base of each target tensor's counterpart; -1: none.
std::vector<int> matches(const File& base, const File& target) {
  std::vector<int> out;
  for (const TensorSpan* found :
       match_tensors(base.model(), base.bytes(), target.model(), target.bytes())) {
    out.push_back(found == nullptr ? -1 : static_cast<int>(found - base.model().tensors.data()));
  }
  return out;
}

TEST(TensorMatchTest, ByNameWhateverTheOrder) {
  const File base = File().add("a", {2, 3}, 1).add("b", {2, 3}, 2).add("c", {2, 3}, 3);
  const File target = File().add("c", {2, 3}, 7).add("a", {2, 3}, 8).add("b", {2, 3}, 9);
  EXPECT_EQ(matches(base, target), (std::vector<int>{2, 0, 1}));
}

TEST(TensorMatchTest, NamesOutliveQuantisationAndANewShapeOfTheSameSize) {
  const File base = File().add("x", {4}, 1).add("w", {6}, 2);
  const File target = File().add("w_quantized", {2, 3}, 3);
  EXPECT_EQ(matches(base, target), (std::vector<int>{1}));
}

TEST(TensorMatchTest, ANameWithOtherRowsIsNone) {
  const File base = File().add("w", {6, 2}, 1);
  const File target = File().add("w", {6, 3}, 2);
  EXPECT_EQ(matches(base, target), (std::vector<int>{-1}));
}

TEST(TensorMatchTest, ANameWithMoreRowsOrFewerIsAMatch) {
  const File base = File().add("v", {6, 2}, 1).add("w", {6, 2}, 1);
  const File target = File().add("w", {7, 2}, 2).add("v", {5, 2}, 2);
  EXPECT_EQ(matches(base, target), (std::vector<int>{1, 0}));
  const File stranger = File().add("z", {7, 2}, 1).add("w", {6, 2}, 1);
  EXPECT_EQ(matches(stranger, File().add("w", {7, 2}, 2)), (std::vector<int>{1}));
}

TEST(TensorMatchTest, ByContentWhereNamesSayNothing) {
  const File base = File().add("1", {3}, 5).add("2", {3}, 6).add("3", {3}, 7);
  const File target = File().add("x", {3}, 7).add("y", {3}, 5);
  EXPECT_EQ(matches(base, target), (std::vector<int>{2, 0}));
}

TEST(TensorMatchTest, ByShapeInOrderAtLast) {
  const File base = File().add("", {2, 2}, 1).add("", {4}, 2).add("", {2, 2}, 3);
  const File target = File().add("", {2, 2}, 4).add("", {2, 2}, 5).add("", {2, 2}, 6);
  EXPECT_EQ(matches(base, target), (std::vector<int>{0, 2, -1}));
}

TEST(TensorMatchTest, NoneIsTakenTwice) {
  const File base = File().add("w", {3}, 5);
  const File target = File().add("w", {3}, 5).add("w", {3}, 5);
  EXPECT_EQ(matches(base, target), (std::vector<int>{0, -1}));
}

TEST(TensorMatchTest, NothingOnEitherSide) {
  EXPECT_TRUE(matches(File().add("w", {3}, 5), File()).empty());
  EXPECT_EQ(matches(File(), File().add("w", {3}, 5)), (std::vector<int>{-1}));
}

/// Tensors of 1,000 weights each.
struct Weights {
  std::string bytes;
  ModelFile model;

  void add(const std::string& name, const std::string& numbers) {
    TensorSpan tensor;
    tensor.name = name;
    tensor.dtype = DType::kFloat32;
    tensor.shape = {10, 100};
    tensor.offset = bytes.size();
    tensor.size = numbers.size();
    bytes += numbers;
    model.tensors.push_back(std::move(tensor));
  }
};

TEST(TensorMatchTest, ByLikenessWhereALayerWasInserted) {
  Prng random(41);
  for (const bool shifted : {false, true}) {
    Weights base;
    Weights target;
    target.add(shifted ? "layer_0" : "conv_0", flotilla::testing::random_weights(random, 1000));
    for (int i = 0; i < 8; ++i) {
      const std::string weights = flotilla::testing::random_weights(random, 1000);
      base.add("layer_" + std::to_string(i), weights);
      target.add((shifted ? "layer_" : "conv_") + std::to_string(i + 1),
                 flotilla::testing::fine_tuned(random, weights));
    }
    const auto found =
        match_tensors(base.model, as_bytes(base.bytes), target.model, as_bytes(target.bytes));
    for (size_t i = 0; i < 8; ++i) {
      EXPECT_EQ(found[i + 1], &base.model.tensors[i]) << (shifted ? "shifted " : "new names ") << i;
    }
  }
}

TEST(TensorMatchTest, AStrangerOfTheSameNameIsBetterThanNone) {
  Prng random(42);
  Weights base;
  Weights target;
  base.add("w", flotilla::testing::random_weights(random, 1000));
  target.add("w", flotilla::testing::random_weights(random, 1000));
  EXPECT_EQ(match_tensors(base.model, as_bytes(base.bytes), target.model, as_bytes(target.bytes)),
            std::vector<const TensorSpan*>{&base.model.tensors[0]});
}

}  // namespace
}  // namespace flotilla::controller
