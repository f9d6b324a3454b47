// Arbitrary payloads, bases and ranges through the device's applier. The oracle is the decoder that
// was written from the specification alone: the same verdict and the same bytes. Nothing is written
// outside the output range or twice, nothing read outside the base and what was written, and the
// memory around what was given stays as it was.
//
// The applier takes a payload whole, so the splits that could matter are those of its windows:
// where in a window a chunk begins, and where the windows lie in the memory. Each input therefore
// runs in memory of the size its profile needs, and of odd sizes above. Seeds: chunks of random
// operations (seeds.cc).

#include <vector>

#include "schemas/base/crc32c.h"
#include "tests/fuzz/applier_input.h"
#include "tests/support/delta_bench.h"

using namespace flotilla;           // NOLINT: a program of one file
using namespace flotilla::testing;  // NOLINT

namespace {

void require(bool condition) {
  if (!condition) __builtin_trap();
}

std::vector<uint8_t> payload_of(const ApplierInput& input) {
  if ((input.flags & ApplierInput::kOwnHeader) == 0) {
    return {input.payload.begin(), input.payload.end()};
  }
  delta::ChunkHeader header;
  header.profile = (input.flags & ApplierInput::kLarge) != 0 ? 1 : 0;
  if ((input.flags & ApplierInput::kWithoutBase) == 0 && !input.base.empty()) {
    header.base_length = static_cast<uint32_t>(input.base.size());
    header.base_checksum = crc32c(input.base);
  }
  std::vector<uint8_t> payload(delta::kMaxChunkHeader);
  payload.resize(write_chunk_header(header, payload.data()));
  payload.insert(payload.end(), input.payload.begin(), input.payload.end());
  return payload;
}

void check(const ApplierInput& input, Bytes payload, uint32_t memory) {
  const ReferenceResult wanted =
      reference_decode({input.base, input.offset, input.length, memory}, payload);
  DeltaBench bench(input.base, input.offset, input.length, memory);
  require(bench.verdict(payload) == wanted.verdict);
  require(bench.kept_its_bounds());
  const bool complete =
      wanted.verdict == Verdict::kAccepted || wanted.verdict == Verdict::kOutputDiffers;
  if (complete) require(bench.storage().output() == wanted.output);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ApplierInput input;
  if (!ApplierInput::parse({data, size}, input)) return 0;
  const std::vector<uint8_t> payload = payload_of(input);
  const bool more = (input.flags & ApplierInput::kMoreMemory) != 0;
  const uint32_t small = delta::decoder_memory(delta::kSmallProfile);
  const uint32_t large = delta::decoder_memory(delta::kLargeProfile);
  check(input, payload, more ? large + 13 : small);
  check(input, payload, more ? large : small + 5);
  return 0;
}
