#include "simulator/load/device_keys.h"

#include <stdexcept>

#include "simulator/load/swarm_config.h"

namespace flotilla::sim {

DeviceKeys::DeviceKeys(const std::string& identity) {
  edge::MbedCrypto crypto;
  for (uint32_t i = 0; i < kKeyPairs; ++i) {
    const std::string text = identity + " key " + std::to_string(i);
    scalars_.push_back(crypto.sha256({as_bytes(text)}));
    signers_.push_back(std::make_unique<edge::MbedSigner>(random_));
    // One digest in 2^32 is no valid scalar.
    if (!signers_.back()->load(scalars_.back().view()).ok()) {
      throw std::runtime_error("device keys: try again");
    }
  }
}

}  // namespace flotilla::sim
