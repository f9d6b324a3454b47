#include "schemas/base/bytes.h"

#include <cstring>

#include "schemas/base/assert.h"

namespace flotilla {

bool equal(Bytes a, Bytes b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

bool is_all(Bytes bytes, uint8_t value) {
  for (uint8_t byte : bytes) {
    if (byte != value) return false;
  }
  return true;
}

void copy(Bytes from, MutableBytes to) {
  FLOTILLA_ASSERT(from.size() <= to.size());
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
}

void fill(MutableBytes to, uint8_t value) {
  if (!to.empty()) std::memset(to.data(), value, to.size());
}

}  // namespace flotilla
