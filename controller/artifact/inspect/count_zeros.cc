#include "controller/artifact/inspect/count_zeros.h"

#include <algorithm>

#include "controller/artifact/models/numbers.h"

namespace flotilla::controller {
namespace {

bool is_float(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBfloat16 || dtype == DType::kFloat32 ||
         dtype == DType::kFloat64;
}

/// Elements that are `wanted` once their bits outside `mask` are cleared.
template <typename Word>
uint64_t count(Bytes slice, Word mask, Word wanted) {
  uint64_t found = 0;
  for (size_t at = 0; at + sizeof(Word) <= slice.size(); at += sizeof(Word)) {
    const Word word = load_ordered<std::endian::little, Word>(slice.data() + at);
    found += (word & mask) == wanted ? 1 : 0;
  }
  return found;
}

uint64_t count_of_width(Bytes slice, size_t width, uint64_t mask, uint64_t wanted) {
  switch (width) {
    case 1:
      return count(slice, static_cast<uint8_t>(mask), static_cast<uint8_t>(wanted));
    case 2:
      return count(slice, static_cast<uint16_t>(mask), static_cast<uint16_t>(wanted));
    case 4:
      return count(slice, static_cast<uint32_t>(mask), static_cast<uint32_t>(wanted));
    default:
      return count(slice, mask, wanted);
  }
}

}  // namespace

ZeroCount::ZeroCount(const TensorSpan& tensor) : tensor_(tensor) {
  can_count_ = bits_of(tensor.dtype) != 0;
  elements_ = elements_of(tensor.shape).value_or(0);
  const std::vector<int64_t>& points = tensor.quantisation.zero_points;
  if (points.empty() || is_float(tensor.dtype)) return;
  zero_ = points.front();
  is_uniform_ = std::all_of(points.begin(), points.end(), [&](int64_t p) { return p == zero_; });
  for (size_t i = static_cast<size_t>(tensor.quantisation.axis) + 1;
       tensor.quantisation.axis >= 0 && i < tensor.shape.size(); ++i) {
    inner_ *= std::max<uint64_t>(tensor.shape[i], 1);
  }
}

int64_t ZeroCount::zero_point(uint64_t index) const {
  if (is_uniform_) return zero_;
  const std::vector<int64_t>& points = tensor_.quantisation.zero_points;
  return points[index / inner_ % points.size()];
}

void ZeroCount::add_nibbles(Bytes slice) {
  for (const uint8_t byte : slice) {
    for (unsigned half = 0; half < 2 && seen_ < elements_; ++half) {
      const unsigned nibble = half == 0 ? byte & 15u : byte >> 4;
      zeros_ += nibble == (static_cast<uint64_t>(zero_point(seen_)) & 15) ? 1 : 0;
      ++seen_;
    }
  }
}

void ZeroCount::add_channels(Bytes slice) {
  for (const double value : numbers_in(slice, tensor_.dtype)) {
    zeros_ += value == static_cast<double>(zero_point(seen_++)) ? 1 : 0;
  }
}

void ZeroCount::add(Bytes slice) {
  if (!can_count_) return;
  if (tensor_.dtype == DType::kInt4) return add_nibbles(slice);
  if (!is_uniform_) return add_channels(slice);
  const size_t width = bits_of(tensor_.dtype) / 8;
  const uint64_t all = width == 8 ? UINT64_MAX : (uint64_t{1} << (8 * width)) - 1;
  const uint64_t sign = is_float(tensor_.dtype) ? (all >> 1) + 1 : 0;
  zeros_ += count_of_width(slice, width, all & ~sign, static_cast<uint64_t>(zero_) & all);
  seen_ += slice.size() / width;
}

}  // namespace flotilla::controller
