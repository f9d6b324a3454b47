#pragma once

#include <memory>
#include <string>
#include <vector>

#include "edge-client/adapters/mbed_crypto.h"
#include "edge-client/adapters/mbed_random.h"

namespace flotilla::sim {

/// The key pairs of a swarm's devices, derived from a secret text: whoever enrols the devices and
/// whoever plays them compute the same ones.
class DeviceKeys {
 public:
  explicit DeviceKeys(const std::string& identity);

  edge::MbedSigner& of(uint32_t number) { return *signers_[number % signers_.size()]; }
  /// The private scalar, big-endian.
  const Digest& scalar(uint32_t number) const { return scalars_[number % scalars_.size()]; }

 private:
  edge::MbedRandom random_;
  std::vector<Digest> scalars_;
  std::vector<std::unique_ptr<edge::MbedSigner>> signers_;
};

}  // namespace flotilla::sim
