// Published models and what may become of them come back byte for byte. FLOTILLA_PAIRS names the
// folder that tests/bench/delta/fetch-pairs filled; ./check --long does both.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "tests/support/adapter_payloads.h"
#include "tests/support/delta_models.h"
#include "tests/support/delta_round_trip.h"

namespace flotilla::controller {
namespace {

constexpr uint32_t kMutations = 4;

std::string read(const std::string& name) {
  const char* const folder = std::getenv("FLOTILLA_PAIRS");
  std::ifstream file(std::string(folder == nullptr ? "build/cache/pairs" : folder) + "/" + name,
                     std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

/// Some of them are shards with a manifest beside them.
ModelFile model(const std::string& name, const std::string& bytes) {
  const std::string manifest = read(name + ".json");
  if (manifest.empty()) return model_of(as_bytes(bytes));
  return read_tfjs(as_bytes(bytes), manifest).value();
}

class RealModelsTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ASSERT_FALSE(base_.empty() || target_.empty())
        << "tests/bench/delta/fetch-pairs " << GetParam() << " first";
  }

  const std::string pair_ = GetParam();
  const std::string base_ = read(pair_ + ".old");
  const std::string target_ = read(pair_ + ".new");
};

TEST_P(RealModelsTest, ThePairComesBack) {
  Prng random(1);
  const EncodeInput input{as_bytes(base_), model(pair_ + ".old", base_), as_bytes(target_),
                          model(pair_ + ".new", target_)};
  for (int i = 0; i < 2; ++i) {
    const PayloadLimits limits = flotilla::testing::random_limits(random);
    const uint64_t bytes = flotilla::testing::round_trip(random, input, limits);
    std::cout << pair_ << ": " << bytes << " of " << target_.size() << "\n";
  }
}

TEST_P(RealModelsTest, MutationsComeBack) {
  for (uint64_t seed = 1; seed <= kMutations; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng random(seed);
    const std::string target = seed % 2 == 0 ? flotilla::testing::mutated(random, target_)
                                             : flotilla::testing::spoilt(random, target_);
    const std::string base = seed % 4 < 2 ? base_ : flotilla::testing::mutated(random, target_);
    flotilla::testing::round_trip(random, base, target, flotilla::testing::random_limits(random));
  }
}

INSTANTIATE_TEST_SUITE_P(Pairs, RealModelsTest,
                         ::testing::Values("tfjs_age_imdb_wiki", "tfl_selfie_meta",
                                           "tfl_facedet_sparse", "onnx_wake_need_lookdeep",
                                           "json_jeeliz_4expr", "tfjs_guesslang_18_23",
                                           "tfl_face_01_04"));

}  // namespace
}  // namespace flotilla::controller
