#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "schemas/base/digest.h"

namespace flotilla::sim {

/// How an image behaves on the devices that it does not suit.
enum class Quality : uint8_t {
  kGood,
  kFailsSelfTest,
  kUnhealthy,  ///< the application says so after it loaded it
  kDegrades,   ///< healthy for its first hundred samples, and never again
  kCrashes,    ///< takes the whole device down a few seconds after it was loaded
};

struct ImageFacts {
  std::string hardware_class;
  std::string model;
  uint32_t version = 0;
  uint64_t size = 0;
  uint32_t security_counter = 0;
  Quality quality = Quality::kGood;
  uint32_t affected_percent = 100;  ///< of the devices; the others find it good
};

/// Every image that was ever released, by digest: what may run, and how it behaves.
class ImageCatalogue {
 public:
  void add(const Digest& digest, const ImageFacts& facts) { images_[digest] = facts; }
  const ImageFacts* find(const Digest& digest) const {
    const auto found = images_.find(digest);
    return found == images_.end() ? nullptr : &found->second;
  }
  /// How the image behaves on the device with this number.
  Quality quality(const Digest& digest, uint32_t device) const {
    const ImageFacts* facts = find(digest);
    if (facts == nullptr) return Quality::kFailsSelfTest;
    const uint32_t draw = (device + 1) * 2654435761u >> 8;
    return draw % 100 < facts->affected_percent ? facts->quality : Quality::kGood;
  }

 private:
  std::map<Digest, ImageFacts> images_;
};

}  // namespace flotilla::sim
