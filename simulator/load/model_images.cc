#include "simulator/load/model_images.h"

#include <algorithm>

#include "schemas/base/prng.h"

namespace flotilla::sim {
namespace {

constexpr size_t kBlock = 64;

}  // namespace

std::string image_bytes(uint64_t seed, const std::string& hardware_class, uint32_t version,
                        size_t size, uint32_t change_percent) {
  std::string bytes(size, '\0');
  for (uint32_t number = 1; number <= version; ++number) {
    Prng draw = Prng(seed).split(hardware_class + " " + std::to_string(number));
    for (size_t block = 0; block < size; block += kBlock) {
      if (number > 1 && draw.below(100) >= change_percent) continue;
      for (size_t i = block; i < std::min(block + kBlock, size); ++i) {
        bytes[i] = static_cast<char>(draw.below(256));
      }
    }
  }
  return bytes;
}

}  // namespace flotilla::sim
