// Arbitrary payloads, bases and ranges through the device's applier: what it accepts is what a
// plain decoder makes of it, whatever the size of the windows; nothing is written outside the
// range, nothing read outside the base, and the memory stays within what was declared.

#include "edge-client/core/applier.h"

#include <cstdint>

#include "tests/support/edge_apply.h"

using flotilla::Bytes;
using flotilla::edge::test::ApplyBench;
using flotilla::edge::test::CodecRange;
using flotilla::edge::test::reference_decode;

namespace {

void require(bool condition) {
  if (!condition) __builtin_trap();
}

/// Byte 0: window; 1..2: range offset; 3..4: range length; 5: share of the rest that is the base.
constexpr size_t kHeader = 6;

void check(Bytes base, CodecRange range, uint32_t window, Bytes payload) {
  const auto wanted = reference_decode(base, range, payload);
  ApplyBench bench(base, range, window);
  const flotilla::Status status = bench.run(payload);
  require(status.ok() == wanted.has_value());
  require(!wanted || bench.output() == *wanted);
  require(bench.kept_its_bounds());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kHeader) return 0;
  const Bytes input(data, size);
  const uint32_t offset = flotilla::load_u16_le(data + 1) % 4096;
  const uint32_t length = 1 + flotilla::load_u16_le(data + 3) % 4096;
  const Bytes rest = input.subspan(kHeader);
  const size_t base_size = rest.size() * data[5] / 255;
  const Bytes base = rest.first(base_size);
  const Bytes payload = rest.subspan(base_size);
  check(base, {offset, length}, 1 + data[0] % 64, payload);
  check(base, {offset, length}, flotilla::delta::kWindowSize, payload);
  return 0;
}
