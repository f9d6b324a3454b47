#pragma once

#include <vector>

#include "controller/artifact/models/model_file.h"

namespace flotilla::controller {

/// The value of a float16 and a bfloat16, from their bits.
double from_float16(uint16_t bits);
double from_bfloat16(uint16_t bits);

/// The values of `data`, little-endian elements of a type with whole bytes; empty for other types.
std::vector<double> numbers_in(Bytes data, DType dtype);

/// A zero point from its value: 0 for what is no number or does not fit.
int64_t whole(double value);

/// The dimension of `shape` that `count` scales belong to: `wanted` if its length is `count` (a
/// negative one counts from the end), else the first of that length; -1 when there is none.
int axis_of(const std::vector<uint64_t>& shape, uint64_t count, int64_t wanted);

}  // namespace flotilla::controller
