#include "controller/artifact/delta/byte_likeness.h"

#include <algorithm>

namespace flotilla::controller {
namespace {

constexpr uint64_t kSamples = 64;
constexpr uint64_t kLeastRun = 32;  ///< equal bytes that are no coincidence

/// Keeps the index below 16 Mi positions.
uint32_t stride_for(uint64_t size) {
  return static_cast<uint32_t>(std::max<uint64_t>(16, (size >> 24) + 1));
}

}  // namespace

ByteLikeness::ByteLikeness(Bytes base) : stride_(stride_for(base.size())), finder_(base, stride_) {
  finder_.add_until(base.size());
}

double ByteLikeness::share(Bytes target, uint64_t offset, uint64_t size) const {
  const uint64_t window = stride_ + kLeastRun;
  if (size < window) return 0;
  const uint64_t samples = std::min(kSamples, size / window);
  uint64_t found = 0;
  for (uint64_t i = 0; i < samples; ++i) {
    if (finds(target, offset + (size - window) * (2 * i + 1) / (2 * samples))) ++found;
  }
  return static_cast<double>(found) / static_cast<double>(samples);
}

/// One of `stride_` positions in a row lies where the base was indexed.
bool ByteLikeness::finds(Bytes target, uint64_t at) const {
  for (uint64_t i = at; i < at + stride_; ++i) {
    // No more bytes than count: a long run of zeros would be compared with every other.
    if (finder_.find(target.first(i + kLeastRun), i, i).length >= kLeastRun) return true;
  }
  return false;
}

}  // namespace flotilla::controller
