#pragma once

#include <cstdint>

/// Sections 5.1 and 5.2 of docs/spec/delta-format.md.
namespace flotilla::testing {

enum SpecType : uint32_t {
  kTInt8,
  kTInt16,
  kTInt32,
  kTHalf,
  kTBrain,
  kTSingle,
  kTNone,
  kTUnsigned
};

int size_of_type(uint32_t type);
int mantissa_of_type(uint32_t type);
bool is_float_type(uint32_t type);
float as_single(uint32_t pattern);
uint32_t pattern_of(float single);
/// Bits 23..30 of a single.
int32_t exponent_field(uint32_t pattern);

/// Pattern of a single; and back to the type, which is a float.
uint32_t spec_to_single(uint32_t type, uint32_t value);
uint32_t spec_from_single(uint32_t type, uint32_t pattern);
uint32_t spec_add_steps(uint32_t type, uint32_t value, int64_t steps);
int64_t spec_steps(uint32_t type, uint32_t from, uint32_t to);

struct SpecTerms {
  uint32_t target = kTInt8;
  uint32_t base = kTNone;
  uint32_t predictor = 0;
  uint32_t factor = 0;
  uint32_t offset = 0;
  int32_t zero = 0;
  uint32_t columns = 1;
  uint32_t row = 1;
  bool rounded = false;
};

struct SpecGuess {
  uint32_t value = 0;
  uint32_t guess = 0;
  int32_t margin = 0;
  int32_t relative_margin = 0;
  bool up = false;
};

SpecGuess spec_predict(const SpecTerms& terms, uint32_t factor, uint32_t old);

/// Rounded numbers: the prediction as an index, and the number of an index.
SpecGuess spec_on_grid(const SpecGuess& guess, int32_t g);
uint32_t spec_from_grid(uint32_t type, uint32_t index, int32_t g);

}  // namespace flotilla::testing
