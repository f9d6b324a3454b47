#include "controller/artifact/models/numbers.h"

#include <bit>
#include <cmath>

namespace flotilla::controller {
namespace {

double number_at(const uint8_t* at, DType dtype) {
  switch (dtype) {
    case DType::kUnknown:
    case DType::kBlock:
    case DType::kInt4:
      return 0;
    case DType::kBool:
    case DType::kUint8:
      return *at;
    case DType::kInt8:
      return static_cast<int8_t>(*at);
    case DType::kInt16:
      return static_cast<int16_t>(load_u16_le(at));
    case DType::kUint16:
      return load_u16_le(at);
    case DType::kInt32:
      return static_cast<int32_t>(load_u32_le(at));
    case DType::kUint32:
      return load_u32_le(at);
    case DType::kInt64:
      return static_cast<double>(static_cast<int64_t>(load_u64_le(at)));
    case DType::kUint64:
      return static_cast<double>(load_u64_le(at));
    case DType::kFloat16:
      return from_float16(load_u16_le(at));
    case DType::kBfloat16:
      return from_bfloat16(load_u16_le(at));
    case DType::kFloat32:
      return static_cast<double>(std::bit_cast<float>(load_u32_le(at)));
    case DType::kFloat64:
      return std::bit_cast<double>(load_u64_le(at));
  }
  return 0;
}

}  // namespace

double from_float16(uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1F;
  const int fraction = bits & 0x3FF;
  double size = 0;
  if (exponent == 0x1F) {
    size = fraction == 0 ? HUGE_VAL : std::nan("");
  } else if (exponent == 0) {
    size = std::ldexp(fraction, -24);
  } else {
    size = std::ldexp(fraction + 0x400, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -size : size;
}

double from_bfloat16(uint16_t bits) {
  return static_cast<double>(std::bit_cast<float>(uint32_t{bits} << 16));
}

std::vector<double> numbers_in(Bytes data, DType dtype) {
  const size_t width = bits_of(dtype) / 8;
  std::vector<double> out;
  if (width == 0) return out;
  out.reserve(data.size() / width);
  for (size_t at = 0; at + width <= data.size(); at += width) {
    out.push_back(number_at(data.data() + at, dtype));
  }
  return out;
}

int64_t whole(double value) {
  return std::fabs(value) < 9e18 ? static_cast<int64_t>(value) : 0;
}

int axis_of(const std::vector<uint64_t>& shape, uint64_t count, int64_t wanted) {
  const auto rank = static_cast<int64_t>(shape.size());
  const int64_t axis = wanted < 0 ? wanted + rank : wanted;
  if (axis >= 0 && axis < rank && shape[static_cast<size_t>(axis)] == count) {
    return static_cast<int>(axis);
  }
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == count) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace flotilla::controller
