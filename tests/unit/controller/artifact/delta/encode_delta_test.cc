#include "controller/artifact/delta/encode_delta.h"

#include <gtest/gtest.h>

#include <set>

#include "controller/artifact/delta/chunk_decoder.h"
#include "tests/support/adapter_payloads.h"
#include "tests/support/delta_models.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::random_bytes;
using flotilla::testing::random_weights;
using flotilla::testing::SampleModel;

const std::atomic<bool> kGoOn{false};

/// The last first.
class Backwards final : public Parallel {
 public:
  void for_each(size_t count, const std::function<void(size_t)>& job) override {
    while (count > 0) job(--count);
  }
};

EncodeInput input_of(const std::string& base, const std::string& target) {
  EncodeInput input;
  input.base = as_bytes(base);
  input.base_model = model_of(input.base);
  input.target = as_bytes(target);
  input.target_model = model_of(input.target);
  return input;
}

std::string decoded(const EncodedFile& file, const std::string& base, size_t size) {
  std::string out(size, '\0');
  ChunkDecoder decoder(file.decoder_memory);
  for (const EncodedChunk& chunk : file.chunks) {
    const MutableBytes part(reinterpret_cast<uint8_t*>(out.data()) + chunk.output_offset,
                            chunk.output_length);
    const Status status =
        decoder.decode(as_bytes(base), chunk.output_offset, part, as_bytes(chunk.payload));
    if (!status.ok()) return status.reason();
  }
  return out;
}

std::string payload_of(const EncodedFile& file) {
  std::string out;
  for (const EncodedChunk& chunk : file.chunks) out += chunk.payload;
  return out;
}

/// A region that costs next to nothing, then weights, their fine-tune, or others.
class EncodeDeltaTest : public ::testing::Test {
 protected:
  EncodeDeltaTest() {
    Prng random(3);
    const std::string block = random_bytes(random, 1024);
    std::string filler;
    while (filler.size() < kMaxChunkOutput) filler += block;
    const std::string weights = random_weights(random, 40'000);
    weights_ = filler + weights;
    tuned_ = filler + flotilla::testing::fine_tuned(random, weights);
    other_ = filler + random_weights(random, 40'000);
  }

  SmallestFile smallest(const std::string& base, const std::string& target) {
    auto made = encode_smallest(input_of(base, target), limits_, in_order_, {kGoOn, {}});
    EXPECT_TRUE(made.ok()) << made.status().reason();
    return made.ok() ? std::move(made.value()) : SmallestFile{};
  }

  PayloadLimits limits_;
  InOrder in_order_;
  std::string weights_;
  std::string tuned_;
  std::string other_;
};

TEST_F(EncodeDeltaTest, TheOrderOfTheWorkDoesNotMatter) {
  const EncodeInput input = input_of(weights_, tuned_);
  Backwards backwards;
  const auto first = encode_delta(input, limits_, in_order_, {kGoOn, {}});
  const auto second = encode_delta(input, limits_, backwards, {kGoOn, {}});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(payload_of(first.value()), payload_of(second.value()));
  EXPECT_EQ(first.value().payload_size, payload_of(first.value()).size());
  EXPECT_EQ(decoded(first.value(), weights_, tuned_.size()), tuned_);
}

TEST_F(EncodeDeltaTest, NeverLargerThanWithoutTheBase) {
  const SmallestFile alone = smallest("", other_);
  EXPECT_FALSE(alone.full_is_estimate);
  EXPECT_FALSE(alone.file.needs_base);
  EXPECT_EQ(alone.file.payload_size, alone.full_size);
  const SmallestFile beside = smallest(weights_, other_);
  EXPECT_FALSE(beside.full_is_estimate);
  EXPECT_EQ(beside.full_size, alone.full_size);
  EXPECT_LE(beside.file.payload_size, beside.full_size);
  EXPECT_EQ(decoded(beside.file, weights_, other_.size()), other_);
}

TEST_F(EncodeDeltaTest, EachRegionTakesTheSmallerOne) {
  // The second region resembles the base, the first one is made of itself more cheaply.
  const std::string base = weights_.substr(kMaxChunkOutput);
  const SmallestFile mixed = smallest(base, tuned_);
  EXPECT_TRUE(mixed.file.needs_base);
  EXPECT_LT(mixed.file.payload_size, mixed.full_size * 9 / 10);
  EXPECT_FALSE(mixed.file.chunks.front().reads_base);
  EXPECT_TRUE(mixed.file.chunks.back().reads_base);
  EXPECT_EQ(decoded(mixed.file, base, tuned_.size()), tuned_);
}

/// A file of one format with one tensor of rows, named by the caller.
std::string table(const std::string& name, const std::vector<std::string>& rows, uint32_t columns) {
  std::string numbers;
  for (const std::string& row : rows) numbers += row;
  std::string head = "{\"" + name + "\":{\"dtype\":\"F32\",\"shape\":[" +
                     std::to_string(rows.size()) + "," + std::to_string(columns) +
                     "],\"data_offsets\":[0," + std::to_string(numbers.size()) + "]}}";
  head.append(7 - (head.size() + 7) % 8, ' ');
  std::string length(8, '\0');
  store_u64_le(reinterpret_cast<uint8_t*>(length.data()), head.size());
  return length + head + numbers;
}

class MovedRowsTest : public ::testing::Test {
 protected:
  static constexpr uint32_t kColumns = 64;

  MovedRowsTest() {
    for (int i = 0; i < 1500; ++i) {
      rows_.push_back(flotilla::testing::random_weights(random_, kColumns));
    }
  }

  /// Payload bytes for each byte of the target; what it decodes to is checked.
  double cost(const std::vector<std::string>& rows) {
    const std::string base = table("embedding", rows_, kColumns);
    const std::string target = table("embedding", rows, kColumns);
    const EncodeInput input = input_of(base, target);
    EXPECT_EQ(input.target_model.tensors.size(), 1u);
    InOrder in_order;
    const auto made = encode_delta(input, {}, in_order, {kGoOn, {}});
    EXPECT_EQ(decoded(made.value(), base, target.size()), target);
    return static_cast<double>(made.value().payload_size) / static_cast<double>(target.size());
  }

  Prng random_{17};
  std::vector<std::string> rows_;
};

TEST_F(MovedRowsTest, CostNextToNothing) {
  std::vector<std::string> rotated(rows_.begin() + 500, rows_.end());
  rotated.insert(rotated.end(), rows_.begin(), rows_.begin() + 500);
  EXPECT_LT(cost(rotated), 0.002);
  std::vector<std::string> reversed(rows_.rbegin(), rows_.rend());
  EXPECT_LT(cost(reversed), 0.03);
}

TEST_F(MovedRowsTest, InsertedRowsCostThemselves) {
  std::vector<std::string> grown = rows_;
  for (int i = 0; i < 15; ++i) {
    grown.insert(grown.begin() + 700, flotilla::testing::random_weights(random_, kColumns));
  }
  EXPECT_LT(cost(grown), 0.015);
  grown.resize(rows_.size());
  EXPECT_LT(cost(grown), 0.015) << "the number of rows is the same";
}

TEST_F(MovedRowsTest, CopiesOfWhatIsAlsoKeptCostNextToNothing) {
  std::vector<std::string> twice = rows_;
  twice.insert(twice.end(), rows_.begin(), rows_.begin() + 700);
  EXPECT_LT(cost(twice), 0.002);
}

TEST_F(MovedRowsTest, FrozenRowsDoNotTearATensorApart) {
  std::vector<std::string> tuned;
  for (size_t i = 0; i < rows_.size(); ++i) {
    const bool frozen = i % 100 < 10;
    tuned.push_back(frozen ? rows_[i] : flotilla::testing::fine_tuned(random_, rows_[i]));
  }
  const double some = cost(tuned);
  for (std::string& row : tuned) row = flotilla::testing::fine_tuned(random_, row);
  EXPECT_LT(some, cost(tuned));
}

TEST_F(MovedRowsTest, TheOrderOfTheWorkDoesNotMatter) {
  std::vector<std::string> grown = rows_;
  grown.insert(grown.begin() + 700, flotilla::testing::random_weights(random_, kColumns));
  const std::string base = table("embedding", rows_, kColumns);
  const std::string target = table("embedding", grown, kColumns);
  InOrder in_order;
  Backwards backwards;
  const EncodeInput input = input_of(base, target);
  const auto first = encode_delta(input, {}, in_order, {kGoOn, {}});
  const auto second = encode_delta(input, {}, backwards, {kGoOn, {}});
  EXPECT_EQ(payload_of(first.value()), payload_of(second.value()));
}

TEST_F(MovedRowsTest, RowsThatChangedBeforeNewOnesAreStillPredicted) {
  std::vector<std::string> tuned;
  for (const std::string& row : rows_) tuned.push_back(flotilla::testing::fine_tuned(random_, row));
  const double same = cost(tuned);
  tuned.push_back(flotilla::testing::random_weights(random_, kColumns));
  EXPECT_LT(cost(tuned), same * 1.02);
}

TEST(EncodeDelta, NoiseCostsWhatItIs) {
  Prng random(8);
  const std::string target = random_bytes(random, 300'000);
  InOrder in_order;
  const auto made = encode_delta(input_of("", target), {}, in_order, {kGoOn, {}});
  ASSERT_TRUE(made.ok());
  EXPECT_LT(made.value().payload_size, target.size() * 1003 / 1000);
  EXPECT_EQ(decoded(made.value(), "", target.size()), target);
}

TEST(EncodeDelta, ClassesOfSmallChunksGetSmallOutputs) {
  const std::string target(3 << 20, 'x');
  for (const uint32_t chunk_max : {4096u, 16384u}) {
    PayloadLimits limits;
    limits.chunk_max = chunk_max;
    limits.erase_unit = 512;
    InOrder in_order;
    const auto made = encode_delta(input_of("", target), limits, in_order, {kGoOn, {}});
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(made.value().chunks.size(), chunk_max == 4096 ? 3u : 1u);
    EXPECT_EQ(decoded(made.value(), "", target.size()), target);
  }
}

TEST_F(EncodeDeltaTest, TheSampleIsSpread) {
  // What costs something lies where a sample of the beginnings would not see it.
  std::string target = weights_;
  Prng random(12);
  target.replace(1'100'000, 1'900'000, random_bytes(random, 1'900'000));
  const SmallestFile same = smallest(target, target);
  EXPECT_TRUE(same.full_is_estimate);
  const double exact = static_cast<double>(smallest("", target).full_size);
  EXPECT_NEAR(static_cast<double>(same.full_size), exact, exact / 2);
}

TEST_F(EncodeDeltaTest, AFarSmallerDeltaIsComparedWithASample) {
  const SmallestFile same = smallest(weights_, weights_);
  EXPECT_TRUE(same.full_is_estimate);
  EXPECT_LT(same.file.payload_size, 200u);
  const double exact = static_cast<double>(smallest("", weights_).full_size);
  EXPECT_NEAR(static_cast<double>(same.full_size), exact, exact / 5);  // a sample pays for learning
}

TEST_F(EncodeDeltaTest, ProgressEndsWithEveryJobDone) {
  std::set<std::string> begun;
  std::set<std::string> ended;
  const auto watch = [&](const EncodeProgress& now) {
    EXPECT_LE(now.done, now.total);
    if (now.done == 0) begun.insert(now.step);
    if (now.done == now.total) ended.insert(now.step);
  };
  const auto made = encode_smallest(input_of(weights_, tuned_), limits_, in_order_, {kGoOn, watch});
  ASSERT_TRUE(made.ok());
  EXPECT_GE(begun.size(), 3u);
  EXPECT_EQ(begun, ended);
}

TEST_F(EncodeDeltaTest, StopsWhereverItIsCancelled) {
  for (const char* step : {"planning", "encoding", "sampling the full payload"}) {
    std::atomic<bool> stop = false;
    const auto watch = [&](const EncodeProgress& now) {
      if (std::string(now.step) == step) stop = true;
    };
    const auto made =
        encode_smallest(input_of(weights_, tuned_), limits_, in_order_, {stop, watch});
    EXPECT_EQ(made.status().code(), Code::kAborted) << step;
  }
}

TEST(TensorCosts, AddUpToThePayload) {
  for (uint32_t kind = 0; kind < flotilla::testing::kUpdates; ++kind) {
    SCOPED_TRACE(flotilla::testing::update_name(kind));
    Prng random(kind + 1);
    const SampleModel model =
        flotilla::testing::make_model(random, SampleModel::Format::kSafetensors);
    const std::string base = model.file();
    const std::string target = flotilla::testing::updated(random, model, kind).file();
    const EncodeInput input = input_of(base, target);
    InOrder in_order;
    const auto made = encode_delta(input, {}, in_order, {kGoOn, {}});
    ASSERT_TRUE(made.ok());
    const EncodedFile& file = made.value();
    ASSERT_EQ(file.tensors.size(), input.target_model.tensors.size());
    double coded = file.other.coded;
    uint64_t bytes = file.other.size;
    for (const TensorCost& cost : file.tensors) {
      EXPECT_FALSE(cost.method.empty()) << cost.name;
      EXPECT_GE(cost.coded, 0) << cost.name;
      coded += cost.coded;
      bytes += cost.size;
    }
    EXPECT_EQ(bytes, target.size());
    EXPECT_NEAR(coded + static_cast<double>(file.framing), static_cast<double>(file.payload_size),
                1);
    EXPECT_LT(file.framing, 30 * file.chunks.size());
  }
}

/// A sparse tensor's shape is the dense one; the file holds fewer values than it says.
TEST(EncodeDelta, SparseTensorsHaveNoRows) {
  Prng random(9);
  for (const uint64_t count : {20u, 127u, 200u}) {
    for (const bool quantised : {false, true}) {
      const std::string base = random_weights(random, count);
      const std::string now = flotilla::testing::fine_tuned(random, base);
      const std::string target = quantised ? flotilla::testing::numbers_as(DType::kInt8, now) : now;
      TensorSpan tensor{"w", DType::kFloat32, TensorRole::kValues, {64, 100}, 0, base.size(), {},
                        {}};
      EncodeInput input{
          as_bytes(base), {ModelFormat::kTflite, {tensor}, {}, 0}, as_bytes(target), {}};
      tensor.size = target.size();
      tensor.dtype = quantised ? DType::kInt8 : DType::kFloat32;
      if (quantised) tensor.quantisation = {std::vector<double>(64, 0.02), {}, 0, 0};
      input.target_model = {ModelFormat::kTflite, {tensor}, {}, 0};
      InOrder parallel;
      const auto file = encode_delta(input, {}, parallel, {kGoOn, {}});
      ASSERT_TRUE(file.ok()) << file.status().reason();
      EXPECT_EQ(decoded(file.value(), base, target.size()), target);
    }
  }
}

}  // namespace
}  // namespace flotilla::controller
