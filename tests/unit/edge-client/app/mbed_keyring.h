#pragma once

#include <array>
#include <memory>

#include "edge-client/adapters/mbed_crypto.h"
#include "tests/unit/edge-client/agent/keyring.h"

namespace flotilla::edge::test {

/// Real P-256 keys; the number is the private scalar.
class MbedKeyring final : public Keyring {
 public:
  MbedKeyring() {
    for (uint8_t number = 1; number <= signers_.size(); ++number) {
      std::array<uint8_t, 32> scalar{};
      scalar[31] = number;
      auto signer = std::make_unique<MbedSigner>(random_);
      FLOTILLA_ASSERT(signer->load(Bytes(scalar)).ok());
      signers_[number - 1u] = std::move(signer);
    }
  }
  PublicKey key(uint8_t number) override { return signers_[number - 1u]->public_key(); }
  SignatureBytes sign(uint8_t number, const Digest& digest) override {
    return signers_[number - 1u]->sign(digest).value();
  }

 private:
  MbedRandom random_;
  std::array<std::unique_ptr<MbedSigner>, 3> signers_;
};

}  // namespace flotilla::edge::test
