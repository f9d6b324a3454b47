#include "controller/artifact/delta/tensor_cut.h"

#include <algorithm>

namespace flotilla::controller {
namespace {

bool is_divisible(const TensorSpan& tensor) {
  const unsigned bits = bits_of(tensor.dtype);
  const uint64_t elements = elements_of(tensor.shape).value_or(0);
  const bool dense = bits >= 8 && elements != 0 && elements * (bits / 8) == tensor.size;
  return dense && !tensor.shape.empty() && tensor.quantisation.scales.size() <= 1;
}

/// Without leading dimensions of 1.
TensorSpan unwrapped(TensorSpan tensor) {
  const auto first = std::find_if(tensor.shape.begin(), tensor.shape.end(),
                                  [](uint64_t dimension) { return dimension != 1; });
  tensor.shape.erase(tensor.shape.begin(), first);
  return tensor;
}

TensorSpan flat(TensorSpan tensor) {
  tensor.shape = {elements_of(tensor.shape).value_or(0)};
  return tensor;
}

/// Slices [first, first + count) of the outermost dimension.
TensorSpan slices_of(const TensorSpan& tensor, uint64_t first, uint64_t count) {
  TensorSpan part = tensor;
  const uint64_t size = tensor.size / tensor.shape[0];
  part.shape[0] = count;
  part.offset += first * size;
  part.size = count * size;
  return part;
}

/// Do the two differ in their number of rows only?
bool is_longer(const TensorSpan& a, const TensorSpan& b) {
  return !a.shape.empty() && a.shape.size() == b.shape.size() && a.shape[0] != b.shape[0] &&
         std::equal(a.shape.begin() + 1, a.shape.end(), b.shape.begin() + 1) && a.dtype == b.dtype;
}

void cut(const TensorPair& pair, uint64_t most, std::vector<TensorPair>& out) {
  const uint64_t elements = elements_of(pair.now.shape).value_or(0);
  if (elements <= most || pair.now.shape[0] == 1) {
    out.push_back(pair);
    return;
  }
  const uint64_t rows = pair.now.shape[0];
  const uint64_t step = std::max<uint64_t>(most / (elements / rows), 1);
  for (uint64_t first = 0; first < rows; first += step) {
    const uint64_t count = std::min(step, rows - first);
    TensorPair part{slices_of(pair.now, first, count), std::nullopt};
    if (pair.old) part.old = slices_of(*pair.old, first, count);
    out.push_back(std::move(part));
  }
}

}  // namespace

std::vector<TensorPair> cut_pair(const TensorSpan& now, const TensorSpan* old, uint64_t most) {
  TensorPair pair{now, old == nullptr ? std::nullopt : std::optional(*old)};
  const bool divisible = is_divisible(now) && (old == nullptr || is_divisible(*old));
  if (!divisible) return {pair};
  std::vector<TensorPair> out;
  if (old != nullptr && is_longer(now, *old)) {
    const uint64_t both = std::min(now.shape[0], old->shape[0]);
    cut({slices_of(now, 0, both), slices_of(*old, 0, both)}, most, out);
    if (now.shape[0] > both) cut({slices_of(now, both, now.shape[0] - both), {}}, most, out);
    return out;
  }
  const uint64_t elements = elements_of(now.shape).value_or(0);
  if (elements <= most) return {pair};
  const bool other_count = old != nullptr && elements_of(old->shape) != elements;
  if (other_count) pair.old.reset();
  pair.now = unwrapped(pair.now);
  if (pair.old) pair.old = unwrapped(*pair.old);
  if (pair.old && pair.old->shape != pair.now.shape) {
    pair = {flat(std::move(pair.now)), flat(std::move(*pair.old))};
  }
  cut(pair, most, out);
  return out;
}

}  // namespace flotilla::controller
