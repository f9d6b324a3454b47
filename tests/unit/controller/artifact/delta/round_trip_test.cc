// Updates of small models of every format, and files that are no models, come back byte for byte
// from the device's applier and from the reference decoder: for every profile, chunk size and erase
// unit, whatever the order of the chunks.

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "controller/artifact/delta/encode_delta.h"
#include "tests/support/delta_bench.h"
#include "tests/support/delta_models.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::DeltaBench;
using flotilla::testing::kUpdates;
using flotilla::testing::make_model;
using flotilla::testing::SampleModel;
using flotilla::testing::spoilt;
using flotilla::testing::update_name;
using flotilla::testing::updated;
using flotilla::testing::Verdict;

const std::atomic<bool> kGoOn{false};

EncodedFile encode(const std::string& base, const std::string& target,
                   const PayloadLimits& limits) {
  const EncodeInput input{as_bytes(base), model_of(as_bytes(base)), as_bytes(target),
                          model_of(as_bytes(target))};
  InOrder parallel;
  Result<EncodedFile> file = encode_delta(input, limits, parallel, {kGoOn, {}});
  EXPECT_TRUE(file.ok()) << file.status().reason();
  return file.ok() ? std::move(file.value()) : EncodedFile{};
}

/// Every range starts at an erase unit and follows the one before, every payload fits.
void expect_within(const EncodedFile& file, size_t size, const PayloadLimits& limits) {
  uint64_t end = 0;
  for (const EncodedChunk& chunk : file.chunks) {
    ASSERT_EQ(chunk.output_offset, end);
    ASSERT_EQ(chunk.output_offset % limits.erase_unit, 0u);
    ASSERT_GT(chunk.output_length, 0u);
    ASSERT_LE(chunk.output_length, kMaxChunkOutput);
    ASSERT_LE(chunk.payload.size(), limits.chunk_max);
    end += chunk.output_length;
  }
  ASSERT_EQ(end, size);
}

/// Decodes all chunks in random order, with the device's code and the reference's.
std::string decode(Prng& random, const std::string& base, size_t size, const EncodedFile& file) {
  std::vector<size_t> order(file.chunks.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random.below(static_cast<uint32_t>(i))]);
  }
  std::string out(size, '?');
  for (const size_t i : order) {
    const EncodedChunk& chunk = file.chunks[i];
    const Bytes payload = as_bytes(chunk.payload);
    DeltaBench bench(as_bytes(base), chunk.output_offset, chunk.output_length, file.decoder_memory);
    EXPECT_EQ(bench.verdict(payload), Verdict::kAccepted);
    EXPECT_TRUE(bench.kept_its_bounds());
    const auto reference = flotilla::testing::reference_decode(
        {as_bytes(base), chunk.output_offset, chunk.output_length, file.decoder_memory}, payload);
    EXPECT_EQ(reference.verdict, Verdict::kAccepted);
    EXPECT_EQ(reference.output, bench.storage().output());
    std::copy(reference.output.begin(), reference.output.end(),
              out.begin() + static_cast<int64_t>(chunk.output_offset));
  }
  return out;
}

uint64_t round_trip(Prng& random, const std::string& base, const std::string& target,
                    const PayloadLimits& limits) {
  const EncodedFile file = encode(base, target, limits);
  expect_within(file, target.size(), limits);
  EXPECT_EQ(decode(random, base, target.size(), file), target);
  return file.payload_size;
}

/// Chunks of 4608 .. 32768 bytes, units of 1 .. 4096, both profiles.
PayloadLimits random_limits(Prng& random) {
  PayloadLimits limits;
  limits.erase_unit = 1u << random.below(13);
  limits.chunk_max = 4608 + random.below(kChunkMaxLimit - 4608 + 1);
  if (random.below(2) == 0) limits.decoder_memory = delta::decoder_memory(delta::kSmallProfile);
  return limits;
}

TEST(DeltaRoundTripTest, UpdatesOfModels) {
  uint64_t sent[kUpdates] = {};
  uint64_t full[kUpdates] = {};
  for (uint64_t seed = 1; seed <= 90; ++seed) {
    Prng random(seed);
    const uint32_t kind = static_cast<uint32_t>(seed % kUpdates);
    const auto format = static_cast<SampleModel::Format>(random.below(3));
    SCOPED_TRACE("seed " + std::to_string(seed) + ", " + update_name(kind));
    const SampleModel model = make_model(random, format);
    const std::string base = model.file();
    const std::string target = updated(random, model, kind).file();
    const PayloadLimits limits = random_limits(random);
    sent[kind] += round_trip(random, base, target, limits);
    full[kind] += round_trip(random, "", target, limits);
  }
  for (uint32_t kind = 0; kind < kUpdates; ++kind) {
    std::cout << update_name(kind) << ": " << sent[kind] << " of " << full[kind] << "\n";
    EXPECT_LT(sent[kind], full[kind]);
  }
}

TEST(DeltaRoundTripTest, FilesThatAreNoModels) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Prng random(seed);
    const auto format = static_cast<SampleModel::Format>(random.below(3));
    const SampleModel model = make_model(random, format);
    std::string base = model.file();
    std::string target = updated(random, model, random.below(kUpdates)).file();
    const uint32_t which = random.below(3);
    if (which != 0) target = spoilt(random, target);
    if (which != 1) base = spoilt(random, base);
    round_trip(random, base, target, random_limits(random));
  }
}

TEST(DeltaRoundTripTest, SizesAroundTheEraseUnit) {
  Prng random(7);
  const SampleModel model = make_model(random, SampleModel::Format::kSafetensors);
  const std::string base = model.file();
  const std::string long_target = updated(random, model, 0).file() + spoilt(random, base);
  for (const uint32_t unit : {1u, 2u, 128u, 512u}) {
    for (const uint32_t units : {0u, 1u, 2u, 5u}) {
      for (int off = -2; off <= 2; ++off) {
        const int64_t size = int64_t{units} * unit + off;
        if (size <= 0 || size > static_cast<int64_t>(long_target.size())) continue;
        SCOPED_TRACE(std::to_string(size) + " of units of " + std::to_string(unit));
        const PayloadLimits limits{.chunk_max = 4608, .erase_unit = unit};
        const std::string target = long_target.substr(0, static_cast<size_t>(size));
        round_trip(random, base, target, limits);
        round_trip(random, target, base.substr(0, static_cast<size_t>(size)), limits);
        round_trip(random, "", target, limits);
      }
    }
  }
}

TEST(DeltaRoundTripTest, SmallestChunksForEachUnit) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    Prng random(seed);
    const SampleModel model = make_model(random, SampleModel::Format::kTflite);
    const std::string base = model.file();
    const std::string target = updated(random, model, static_cast<uint32_t>(seed % 2)).file();
    const uint32_t unit = 16u << (seed % 8);
    round_trip(random, base, target, {.chunk_max = unit + 256, .erase_unit = unit});
  }
}

}  // namespace
}  // namespace flotilla::controller
