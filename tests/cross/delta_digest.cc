// Decodes the golden chunks with the device's code and predicts a great many numbers, and prints
// checksums of what comes out: the same lines on every CPU, or something is not as exact as the
// format demands (docs/spec/delta-format.md). Runs on the host, as 32-bit code, and bare on a
// Cortex-M4 without floating point, under emulation (tests/cross/run).

#include <cstdio>

#include "schemas/base/crc32c.h"
#include "schemas/base/prng.h"
#include "schemas/protocol/delta/element_model.h"
#include "tests/cross/golden_chunks.h"
#include "tests/support/delta_bench.h"

// The file's bytes between two symbols; FLOTILLA_GOLDEN_CHUNKS is its path.
asm(".pushsection .rodata\n"
    ".global golden_begin\n"
    "golden_begin:\n"
    ".incbin \"" FLOTILLA_GOLDEN_CHUNKS
    "\"\n"
    ".global golden_end\n"
    "golden_end:\n"
    ".byte 0\n"
    ".popsection\n");
extern "C" const uint8_t golden_begin[];
extern "C" const uint8_t golden_end[];

using namespace flotilla;           // NOLINT: a program of one file
using namespace flotilla::testing;  // NOLINT

namespace {

/// False when a chunk does not decode to what it did when it was made.
bool decode_golden() {
  Bytes file(golden_begin, static_cast<size_t>(golden_end - golden_begin));
  bool ok = true;
  GoldenChunk chunk;
  for (int number = 0; GoldenChunk::take(file, chunk); ++number) {
    DeltaBench bench(chunk.base, chunk.output_offset, chunk.output_length,
                     delta::decoder_memory(delta::kLargeProfile));
    const Verdict verdict = bench.verdict(chunk.payload);
    const uint32_t sum = crc32c(bench.storage().output());
    ok = ok && verdict == Verdict::kAccepted && sum == chunk.output_checksum;
    std::printf("chunk %d: verdict %d, output %08lx\n", number, static_cast<int>(verdict),
                static_cast<unsigned long>(sum));
  }
  return ok && file.empty();
}

/// Any bit pattern, but mostly numbers that weights are.
uint32_t draw(Prng& random) {
  const uint32_t bits = static_cast<uint32_t>(random.next());
  if (random.below(4) == 0) return bits;
  return (bits & 0x807FFFFFu) | (96 + random.below(60)) << 23;
}

void predict_many(delta::Predictor predictor) {
  Prng random(static_cast<uint64_t>(predictor) + 1);
  uint32_t sum = 0;
  for (int i = 0; i < 20000; ++i) {
    delta::PredictorTerms terms;
    terms.predictor = predictor;
    terms.target = static_cast<delta::Element>(random.below(8));
    if (terms.target == delta::Element::kNone) continue;
    terms.base = static_cast<delta::Element>(random.below(8));
    terms.factor = draw(random);
    terms.offset = draw(random);
    terms.zero_point = static_cast<int32_t>(random.below(256)) - 128;
    const delta::Prediction guess = predict(terms, draw(random));
    const uint32_t level =
        static_cast<uint32_t>(difference_level(terms.target, guess, draw(random)));
    uint8_t bytes[16];
    store_u32_le(bytes, guess.value);
    store_u32_le(bytes + 4, guess.single);
    store_u32_le(bytes + 8, level);
    bytes[12] = static_cast<uint8_t>(guess.margin);
    bytes[13] = static_cast<uint8_t>(guess.relative_margin);
    bytes[14] = guess.tips_up ? 1 : 0;
    sum = crc32c({bytes, 15}, sum);
  }
  std::printf("predictor %d: %08lx\n", static_cast<int>(predictor),
              static_cast<unsigned long>(sum));
}

/// Rounded numbers: to the index of a multiple and back.
void count_in_grids() {
  constexpr delta::Element kTypes[] = {delta::Element::kHalf, delta::Element::kBrain,
                                       delta::Element::kSingle};
  Prng random(77);
  uint32_t sum = 0;
  for (int i = 0; i < 20000; ++i) {
    const uint32_t single = draw(random);
    if ((single & 0x7F800000u) == 0x7F800000u) continue;  // predictions are finite
    const int32_t exponent = static_cast<int32_t>(random.below(240)) - 120;
    const delta::Prediction guess = delta::on_grid(single, exponent);
    const uint32_t index = random.below(2) == 0 ? guess.value : draw(random);
    uint8_t bytes[12];
    store_u32_le(bytes, guess.value);
    store_u32_le(bytes + 4, guess.single);
    store_u32_le(bytes + 8, delta::from_grid(kTypes[i % 3], index, exponent));
    sum = crc32c(bytes, sum);
  }
  std::printf("grids: %08lx\n", static_cast<unsigned long>(sum));
}

}  // namespace

int main() {
  const bool ok = decode_golden();
  for (uint8_t i = 0; i < 8; ++i) predict_many(static_cast<delta::Predictor>(i));
  count_in_grids();
  std::puts(ok ? "all chunks as they were made" : "a chunk differs");
  return ok ? 0 : 1;
}
