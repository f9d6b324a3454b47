#include "tests/support/delta_round_trip.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "schemas/protocol/delta/memory.h"
#include "tests/support/delta_bench.h"

namespace flotilla::testing {
namespace {

using controller::EncodedChunk;
using controller::EncodedFile;
using controller::EncodeInput;
using controller::InOrder;
using controller::PayloadLimits;

const std::atomic<bool> kGoOn{false};

EncodedFile encode(const EncodeInput& input, const PayloadLimits& limits) {
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
std::string decode(Prng& random, Bytes base, size_t size, const EncodedFile& file) {
  std::vector<size_t> order(file.chunks.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random.below(static_cast<uint32_t>(i))]);
  }
  std::string out(size, '?');
  for (const size_t i : order) {
    const EncodedChunk& chunk = file.chunks[i];
    const Bytes payload = as_bytes(chunk.payload);
    DeltaBench bench(base, chunk.output_offset, chunk.output_length, file.decoder_memory);
    EXPECT_EQ(bench.verdict(payload), Verdict::kAccepted);
    EXPECT_TRUE(bench.kept_its_bounds());
    const auto reference = reference_decode(
        {base, chunk.output_offset, chunk.output_length, file.decoder_memory}, payload);
    EXPECT_EQ(reference.verdict, Verdict::kAccepted);
    EXPECT_EQ(reference.output, bench.storage().output());
    std::copy(reference.output.begin(), reference.output.end(),
              out.begin() + static_cast<int64_t>(chunk.output_offset));
  }
  return out;
}

}  // namespace

uint64_t round_trip(Prng& random, const EncodeInput& input, const PayloadLimits& limits) {
  const EncodedFile file = encode(input, limits);
  expect_within(file, input.target.size(), limits);
  EXPECT_TRUE(equal(as_bytes(decode(random, input.base, input.target.size(), file)), input.target));
  return file.payload_size;
}

uint64_t round_trip(Prng& random, const std::string& base, const std::string& target,
                    const PayloadLimits& limits) {
  const EncodeInput input{as_bytes(base), controller::model_of(as_bytes(base)), as_bytes(target),
                          controller::model_of(as_bytes(target))};
  return round_trip(random, input, limits);
}

PayloadLimits random_limits(Prng& random) {
  PayloadLimits limits;
  limits.erase_unit = 1u << random.below(13);
  limits.chunk_max = 4608 + random.below(kChunkMaxLimit - 4608 + 1);
  if (random.below(2) == 0) limits.decoder_memory = delta::decoder_memory(delta::kSmallProfile);
  return limits;
}

}  // namespace flotilla::testing
