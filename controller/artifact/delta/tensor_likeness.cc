#include "controller/artifact/delta/tensor_likeness.h"

#include <algorithm>
#include <vector>

#include "controller/artifact/delta/tensor_plan.h"
#include "controller/artifact/numbers/correlation.h"
#include "controller/artifact/numbers/number_runs.h"

namespace flotilla::controller {
namespace {

using delta::Element;

constexpr uint64_t kLeastElements = 64;
constexpr uint64_t kBlocks = 4;
constexpr uint64_t kBlock = 256;

/// How the tensor's elements are read; kNone: not at all.
Element element_in(const TensorSpan& tensor) {
  const Element element = element_of(tensor.dtype);
  return tensor.dtype == DType::kUint8 ? Element::kUnsigned : element;
}

std::vector<float> sample(Bytes file, const TensorSpan& tensor, Element element, uint64_t count) {
  const uint64_t size = size_of(element);
  const uint64_t block = std::min(kBlock, count / kBlocks);
  std::vector<float> out;
  for (uint64_t b = 0; b < kBlocks; ++b) {
    const uint64_t first = (count - block) * b / (kBlocks - 1);
    for (uint64_t i = first; i < first + block; ++i) {
      out.push_back(finite_value(element, file.data() + tensor.offset + i * size));
    }
  }
  return out;
}

}  // namespace

std::optional<double> tensor_likeness(Bytes base, const TensorSpan& old, Bytes target,
                                      const TensorSpan& now) {
  const Element from = element_in(old);
  const Element to = element_in(now);
  if (from == Element::kNone || to == Element::kNone) return std::nullopt;
  const uint64_t count = now.size / size_of(to);
  if (count < kLeastElements || old.size / size_of(from) != count) return std::nullopt;
  return correlation(sample(base, old, from, count), sample(target, now, to, count));
}

}  // namespace flotilla::controller
