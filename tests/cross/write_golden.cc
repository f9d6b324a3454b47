// Writes tests/golden/delta/chunks.bin anew, for a new version of the codec only.
// usage: delta_golden_writer FILE

#include <cstdio>
#include <fstream>

#include "schemas/base/crc32c.h"
#include "tests/support/delta_ops.h"

int main(int argc, char** argv) {
  using namespace flotilla;
  if (argc != 2) {
    std::fputs("usage: delta_golden_writer FILE\n", stderr);
    return 2;
  }
  std::ofstream file(argv[1], std::ios::binary);
  for (uint64_t seed = 1; seed <= 24; ++seed) {
    const testing::DeltaCase chunk = testing::random_case(seed);
    const std::vector<uint8_t> payload = testing::encode_case(chunk);
    uint8_t header[20];
    store_u32_le(header, static_cast<uint32_t>(chunk.base.size()));
    store_u32_le(header + 4, static_cast<uint32_t>(chunk.output_offset));
    store_u32_le(header + 8, chunk.output_length());
    store_u32_le(header + 12, static_cast<uint32_t>(payload.size()));
    store_u32_le(header + 16, crc32c(chunk.output()));
    file << as_text(header) << as_text(chunk.base) << as_text(payload);
  }
  return file.flush().good() ? 0 : 1;
}
