#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/base/bytes.h"

/// Codec 2 decoded in the plainest way, from docs/spec/delta-format.md alone: whole buffers, no
/// storage, no line shared with the encoder or the device. The referee of their tests.
namespace flotilla::testing {

enum class Verdict : uint8_t {
  kAccepted,
  kMalformed,      ///< also: needs more memory than declared
  kBaseDiffers,    ///< before any output
  kOutputDiffers,  ///< decoded, but to other bytes than the encoder had
};

struct ReferenceJob {
  Bytes base;
  uint64_t output_offset = 0;
  uint32_t output_length = 0;
  uint32_t memory = UINT32_MAX;  ///< bytes that the manifest declares
};

struct ReferenceResult {
  Verdict verdict = Verdict::kMalformed;
  std::vector<uint8_t> output;  ///< complete when accepted, or when it differs
};

/// One symbol of a stream, for people.
struct TracedSymbol {
  std::string name;
  std::string bits;  ///< in order
  int64_t value = 0;
  uint32_t range = 0;  ///< afterwards
  uint32_t code = 0;
  size_t bytes_used = 0;
};

/// `trace`: every symbol that was decoded is appended.
ReferenceResult reference_decode(const ReferenceJob& job, Bytes payload,
                                 std::vector<TracedSymbol>* trace = nullptr);

/// The formats of section 5.1, for tests of the device's conversions.
uint32_t reference_half_to_single(uint32_t half);
uint32_t reference_single_to_half(uint32_t single);
uint32_t reference_single_to_brain(uint32_t single);
/// The functions of section 3.
int32_t reference_stretch(uint32_t p);
uint32_t reference_squash(int32_t x);

}  // namespace flotilla::testing
