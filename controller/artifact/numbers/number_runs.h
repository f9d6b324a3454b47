#pragma once

#include <cstdint>
#include <vector>

#include "controller/artifact/models/model_file.h"
#include "schemas/base/bytes.h"
#include "schemas/protocol/delta/element.h"

namespace flotilla::controller {

/// `count` numbers of one float type, one after the other.
struct NumberRun {
  DType dtype = DType::kFloat32;
  uint64_t offset = 0;
  uint64_t count = 0;

  uint64_t end() const { return offset + count * (bits_of(dtype) / 8); }
};

/// Stretches of the file that look like trained weights of type float32, float16 or bfloat16, at
/// any alignment: their exponents are few (a peaked distribution over octaves), and no byte of the
/// number explains that by itself, as it does for text, integers and quantised weights. Sorted, not
/// overlapping, each at least 8 KiB. Time is linear; memory for one entry a stretch.
std::vector<NumberRun> find_number_runs(Bytes file);

/// The element stored at `at` as single precision; 0 for infinities and NaN.
float finite_value(delta::Element element, const uint8_t* at);

/// Number `index` of the run, as finite_value().
float number_at(Bytes file, const NumberRun& run, uint64_t index);

}  // namespace flotilla::controller
