// Updates of small models of every format, and files that are no models, come back byte for byte
// from the device's applier and from the reference decoder: for every profile, chunk size and erase
// unit, whatever the order of the chunks.

#include <gtest/gtest.h>

#include <iostream>

#include "tests/support/delta_models.h"
#include "tests/support/delta_round_trip.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::kUpdates;
using flotilla::testing::make_model;
using flotilla::testing::random_limits;
using flotilla::testing::round_trip;
using flotilla::testing::SampleModel;
using flotilla::testing::spoilt;
using flotilla::testing::update_name;
using flotilla::testing::updated;

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
