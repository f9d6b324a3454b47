// Chunks that were made when the format was fixed decode to what they did then.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "schemas/base/crc32c.h"
#include "tests/cross/golden_chunks.h"
#include "tests/support/delta_bench.h"

namespace flotilla::testing {
namespace {

TEST(DeltaGoldenTest, OldChunksDecodeAsEver) {
  std::ifstream in(FLOTILLA_SOURCE_DIR "/tests/golden/delta/chunks.bin", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  Bytes file = as_bytes(bytes);
  const uint32_t memory = delta::decoder_memory(delta::kLargeProfile);
  GoldenChunk chunk;
  int count = 0;
  for (; GoldenChunk::take(file, chunk); ++count) {
    SCOPED_TRACE(count);
    const ReferenceResult reference = reference_decode(
        {chunk.base, chunk.output_offset, chunk.output_length, memory}, chunk.payload);
    EXPECT_EQ(reference.verdict, Verdict::kAccepted);
    EXPECT_EQ(crc32c(reference.output), chunk.output_checksum);
    DeltaBench bench(chunk.base, chunk.output_offset, chunk.output_length, memory);
    EXPECT_EQ(bench.verdict(chunk.payload), Verdict::kAccepted);
    EXPECT_EQ(bench.storage().output(), reference.output);
  }
  EXPECT_EQ(count, 24);
  EXPECT_TRUE(file.empty());
}

}  // namespace
}  // namespace flotilla::testing
