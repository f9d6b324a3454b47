#pragma once

#include <cstring>
#include <vector>

#include "schemas/base/bytes.h"

namespace flotilla::controller {

/// A copy of bytes at an address that the decoders accept (a multiple of 8).
class AlignedCopy {
 public:
  explicit AlignedCopy(Bytes bytes) : words_(bytes.size() / 8 + 1), size_(bytes.size()) {
    if (!bytes.empty()) std::memcpy(words_.data(), bytes.data(), bytes.size());
  }

  Bytes view() const { return {reinterpret_cast<const uint8_t*>(words_.data()), size_}; }

 private:
  std::vector<uint64_t> words_;
  size_t size_;
};

}  // namespace flotilla::controller
