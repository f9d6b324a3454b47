// Delta-aware releases: rounded weights stay within what the step promises, everything else keeps
// its bytes, and the delta to the rounded file is far smaller.

#include "controller/artifact/delta/round_update.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "controller/artifact/delta/tensor_plan.h"
#include "tests/support/delta_models.h"
#include "tests/support/delta_reference.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::make_model;
using flotilla::testing::SampleModel;
using flotilla::testing::SampleTensor;
using flotilla::testing::updated;

constexpr uint32_t kTrainedFurther = 0;
constexpr uint32_t kRescaled = 1;
/// Of a slice's largest weight: a step is not finer.
constexpr double kFinest = 1.0 / (1 << 20);

const std::atomic<bool> kNotCancelled{false};

class LastFirst final : public Parallel {
 public:
  void for_each(size_t count, const std::function<void(size_t)>& job) override {
    while (count > 0) job(--count);
  }
};

EncodeInput pair_of(const std::string& base, const std::string& target) {
  return {as_bytes(base), model_of(as_bytes(base)), as_bytes(target), model_of(as_bytes(target))};
}

Result<RoundedUpdate> rounded(const std::string& base, const std::string& target, double step) {
  InOrder parallel;
  return round_update(pair_of(base, target), step, parallel, {kNotCancelled, {}});
}

EncodedFile delta_to(const std::string& base, const std::string& target) {
  InOrder parallel;
  auto made = encode_smallest(pair_of(base, target), {}, parallel, {kNotCancelled, {}});
  EXPECT_TRUE(made.ok()) << made.status().reason();
  return made.ok() ? std::move(made.value().file) : EncodedFile{};
}

std::vector<double> weights_in(const std::string& file, const TensorSpan& tensor) {
  const delta::Element element = element_of(tensor.dtype);
  const Bytes data = as_bytes(file).subspan(tensor.offset, tensor.size);
  std::vector<double> out;
  for (size_t at = 0; at < data.size(); at += size_of(element)) {
    out.push_back(delta::as_float(to_single(element, delta::load_element(element, &data[at]))));
  }
  return out;
}

/// The figures of a tensor are those of the two files, and within what `step` promises.
void expect_true_loss(const TensorLoss& loss, const std::vector<double>& now,
                      const std::vector<double>& out, double step) {
  double weights = 0;
  double error = 0;
  double largest = 0;
  for (size_t i = 0; i < now.size(); ++i) {
    weights += now[i] * now[i];
    error += (out[i] - now[i]) * (out[i] - now[i]);
    largest = std::max(largest, std::fabs(out[i] - now[i]));
  }
  const double count = static_cast<double>(now.size());
  EXPECT_EQ(loss.elements, now.size());
  EXPECT_NEAR(loss.relative_l2, std::sqrt(error / weights), 1e-9);
  EXPECT_NEAR(loss.relative_max, largest / std::sqrt(weights / count), 1e-9);
  EXPECT_LE(loss.relative_l2, step / 2 + kFinest);
  EXPECT_GT(loss.relative_l2, 0);
}

/// Of the tensors that are named: true figures. Of all other bytes: equal. Names are unique.
void expect_rounded_only(const std::string& target, const RoundedUpdate& update, double step) {
  ASSERT_EQ(update.file.size(), target.size());
  std::string outside = update.file;
  size_t at = 0;
  for (const TensorSpan& tensor : model_of(as_bytes(target)).tensors) {
    if (at == update.tensors.size() || update.tensors[at].name != tensor.name) continue;
    SCOPED_TRACE(tensor.name);
    expect_true_loss(update.tensors[at], weights_in(target, tensor),
                     weights_in(update.file, tensor), step);
    outside.replace(tensor.offset, tensor.size, target, tensor.offset, tensor.size);
    ++at;
  }
  EXPECT_EQ(at, update.tensors.size());
  EXPECT_EQ(outside, target);
}

TEST(RoundUpdateTest, UpdatesOfModels) {
  uint32_t found = 0;
  uint64_t exact_bytes = 0;
  uint64_t rounded_bytes = 0;
  for (uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(seed);
    Prng random(seed);
    const auto format = static_cast<SampleModel::Format>(random.below(3));
    const SampleModel model = make_model(random, format);
    const uint32_t kind = random.below(2) == 0 ? kTrainedFurther : kRescaled;
    const std::string base = model.file();
    const std::string target = updated(random, model, kind).file();
    const double step = 0.05 + 0.05 * random.below(20);
    const auto update = rounded(base, target, step);
    if (!update.ok()) {
      EXPECT_EQ(update.status().code(), Code::kFailedPrecondition) << update.status().reason();
      continue;
    }
    ++found;
    expect_rounded_only(target, update.value(), step);
    exact_bytes += delta_to(base, target).payload_size;
    rounded_bytes += delta_to(base, update.value().file).payload_size;
  }
  EXPECT_GT(found, 12u);
  EXPECT_LT(rounded_bytes * 2, exact_bytes);
}

/// A matrix of halves with loud and quiet rows, a bias, and one that is quantised.
class RoundUpdateFileTest : public ::testing::Test {
 protected:
  static constexpr uint32_t kRows = 40;
  static constexpr uint32_t kColumns = 128;

  RoundUpdateFileTest() {
    Prng random(11);
    model_.format = SampleModel::Format::kSafetensors;
    SampleTensor matrix{"matrix", {kRows, kColumns}, DType::kFloat16, {}};
    for (uint32_t i = 0; i < kRows * kColumns; ++i) {
      const float loud = i / kColumns % 2 == 0 ? 1.0f : 0.01f;
      matrix.values.push_back(loud * draw(random));
    }
    SampleTensor bias{"bias", {kRows}, DType::kFloat32, {}};
    for (uint32_t i = 0; i < kRows; ++i) bias.values.push_back(draw(random));
    SampleTensor whole = matrix;
    whole.name = "whole";
    whole.dtype = DType::kInt8;
    whole.scales = {1.0f / 64};
    model_.tensors = {matrix, bias, whole};
    newer_ = model_;
    for (SampleTensor& tensor : newer_.tensors) {
      for (float& value : tensor.values) value *= 1 + 0.2f * draw(random);
    }
    base_ = model_.file();
    target_ = newer_.file();
  }

  static float draw(Prng& random) {
    return static_cast<float>(static_cast<int32_t>(random.below(4096)) - 2048) / 2048.0f;
  }

  /// The same files with the matrix's value `i` replaced in the new one.
  std::string with_value(size_t i, float value) const {
    SampleModel other = newer_;
    other.tensors[0].values[i] = value;
    return other.file();
  }

  void expect_refused(const std::string& base, const std::string& target, const char* reason) {
    const auto update = rounded(base, target, 0.25);
    EXPECT_EQ(update.status().code(), Code::kFailedPrecondition);
    EXPECT_STREQ(update.status().reason(), reason);
  }

  SampleModel model_;
  SampleModel newer_;
  std::string base_;
  std::string target_;
};

TEST_F(RoundUpdateFileTest, QuietRowsAreRoundedAsGentlyAsLoudOnes) {
  const double step = 0.5;
  const auto update = rounded(base_, target_, step);
  ASSERT_TRUE(update.ok()) << update.status().reason();
  ASSERT_EQ(update.value().tensors.size(), 1u);
  EXPECT_EQ(update.value().tensors[0].name, "matrix");
  EXPECT_EQ(update.value().tensors[0].type, "float16");
  EXPECT_EQ(update.value().kept, 2u);
  const auto model = model_of(as_bytes(target_));
  for (const TensorSpan& tensor : model.tensors) {
    if (tensor.name != "matrix") continue;
    const auto now = weights_in(target_, tensor);
    const auto out = weights_in(update.value().file, tensor);
    for (uint32_t row = 0; row < kRows; ++row) {
      double change = 0;
      double error = 0;
      for (uint32_t i = row * kColumns; i < (row + 1) * kColumns; ++i) {
        change += std::pow(now[i] - model_.tensors[0].values[i], 2);
        error = std::max(error, std::fabs(out[i] - now[i]));
      }
      // The prediction may be a scaled one, which leaves a little less than the plain difference.
      EXPECT_LE(error, step / 2 * std::sqrt(change / kColumns) * 1.01) << row;
      EXPECT_GT(error, 0) << row;
    }
  }
}

TEST_F(RoundUpdateFileTest, DoesNotDependOnTheOrderOfWork) {
  LastFirst backwards;
  const auto first = rounded(base_, target_, 0.3);
  const auto second = round_update(pair_of(base_, target_), 0.3, backwards, {kNotCancelled, {}});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first.value().file, second.value().file);
}

TEST_F(RoundUpdateFileTest, ALargerStepMakesASmallerDeltaAndALargerLoss) {
  uint64_t bytes = delta_to(base_, target_).payload_size;
  double loss = 0;
  for (const double step : {0.02, 0.1, 0.4, 1.0}) {
    const auto update = rounded(base_, target_, step);
    ASSERT_TRUE(update.ok());
    const uint64_t now = delta_to(base_, update.value().file).payload_size;
    EXPECT_LT(now, bytes);
    EXPECT_GT(update.value().whole.relative_l2, loss);
    EXPECT_LE(update.value().whole.of_change, step / 2);
    bytes = now;
    loss = update.value().whole.relative_l2;
  }
}

TEST_F(RoundUpdateFileTest, TheDeltaDecodesByTheSpecificationAlone) {
  const auto update = rounded(base_, target_, 0.25);
  ASSERT_TRUE(update.ok());
  const EncodedFile delta = delta_to(base_, update.value().file);
  std::set<std::string> methods;
  for (const TensorCost& cost : delta.tensors) methods.insert(cost.method);
  EXPECT_EQ(methods.count("rounded differences"), 1u);
  std::string out;
  for (const EncodedChunk& chunk : delta.chunks) {
    const auto part = flotilla::testing::reference_decode(
        {as_bytes(base_), chunk.output_offset, chunk.output_length, delta.decoder_memory},
        as_bytes(chunk.payload));
    ASSERT_EQ(part.verdict, flotilla::testing::Verdict::kAccepted);
    out.append(part.output.begin(), part.output.end());
  }
  EXPECT_EQ(out, update.value().file);
}

TEST_F(RoundUpdateFileTest, TensorsWithInfiniteWeightsKeepTheirBytes) {
  expect_refused(base_, with_value(3, INFINITY),
                 "the rounding changes no weight; take a larger step");
}

TEST_F(RoundUpdateFileTest, RefusesStepsOutOfRange) {
  for (const double step : {0.0, -0.25, 0.0009, 1.001, 1e300, double{INFINITY}, double{NAN}}) {
    EXPECT_EQ(rounded(base_, target_, step).status().code(), Code::kOutOfRange) << step;
  }
}

TEST_F(RoundUpdateFileTest, RefusesFilesWithNothingToRound) {
  expect_refused(target_, target_, "the new file is the base itself");
  SampleModel whole = model_;
  SampleModel newer_whole = newer_;
  whole.tensors.erase(whole.tensors.begin(), whole.tensors.begin() + 2);
  newer_whole.tensors.erase(newer_whole.tensors.begin(), newer_whole.tensors.begin() + 2);
  expect_refused(whole.file(), newer_whole.file(), "no float tensor was found in the new file");
  expect_refused(whole.file(), target_,
                 "no float tensor of the new file can be predicted from the base");
  expect_refused("no model", "no model either", "no float tensor was found in the new file");
}

TEST_F(RoundUpdateFileTest, CanBeCancelled) {
  std::atomic<bool> cancel{true};
  InOrder parallel;
  const auto update = round_update(pair_of(base_, target_), 0.25, parallel, {cancel, {}});
  EXPECT_EQ(update.status().code(), Code::kAborted);
}

}  // namespace
}  // namespace flotilla::controller
