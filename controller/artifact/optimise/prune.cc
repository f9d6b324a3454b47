#include "controller/artifact/optimise/prune.h"

#include <algorithm>

namespace flotilla::controller {

namespace {

/// Without its sign a float's bits are in the order of magnitudes; NaN comes last.
template <typename Bits>
Bits magnitude(const char* at) {
  const Bits bits = load_ordered<std::endian::little, Bits>(reinterpret_cast<const uint8_t*>(at));
  return static_cast<Bits>(bits & static_cast<Bits>(static_cast<Bits>(~Bits{0}) >> 1));
}

template <typename Bits>
void prune_tensor(char* values, size_t count, size_t drop) {
  std::vector<Bits> sizes(count);
  for (size_t i = 0; i < count; ++i) sizes[i] = magnitude<Bits>(values + i * sizeof(Bits));
  const auto last = sizes.begin() + static_cast<ptrdiff_t>(drop - 1);
  std::nth_element(sizes.begin(), last, sizes.end());
  const Bits limit = *last;
  const auto below = std::count_if(sizes.begin(), last, [limit](Bits b) { return b < limit; });
  size_t equal = drop - static_cast<size_t>(below);
  for (size_t i = 0; i < count; ++i) {
    char* at = values + i * sizeof(Bits);
    const Bits size = magnitude<Bits>(at);
    if (size > limit || (size == limit && equal == 0)) continue;
    if (size == limit) --equal;
    std::fill_n(at, sizeof(Bits), char{0});
  }
}

}  // namespace

Result<std::string> prune_weights(Bytes file, uint32_t share_ppm, OptimiseFault& fault) {
  const auto weights = find_weights(file, fault);
  if (!weights.ok()) return weights.status();
  std::string out(as_text(file));
  for (const Weight& weight : weights.value()) {
    const size_t width = bits_of(weight.dtype) / 8;
    const size_t count = weight.size / width;
    const size_t drop = count / 1'000'000 * share_ppm + count % 1'000'000 * share_ppm / 1'000'000;
    if (drop == 0) continue;
    char* values = out.data() + weight.offset;
    if (width == 2) prune_tensor<uint16_t>(values, count, drop);
    if (width == 4) prune_tensor<uint32_t>(values, count, drop);
    if (width == 8) prune_tensor<uint64_t>(values, count, drop);
  }
  return out;
}

}  // namespace flotilla::controller
