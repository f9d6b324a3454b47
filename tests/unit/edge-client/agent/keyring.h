#pragma once

#include "simulator/power/publisher.h"

namespace flotilla::edge::test {

/// The publisher's keys, by number: what Publisher calls root, releaser and director.
class Keyring {
 public:
  static constexpr uint8_t kRoot = 1;
  static constexpr uint8_t kReleaser = 2;
  static constexpr uint8_t kDirector = 3;

  virtual ~Keyring() = default;
  virtual PublicKey key(uint8_t number) = 0;
  virtual SignatureBytes sign(uint8_t number, const Digest& digest) = 0;
};

/// Keys and signatures of FakeCrypto.
class FakeKeyring final : public Keyring {
 public:
  explicit FakeKeyring(FakeCrypto& crypto) : crypto_(crypto) {}
  PublicKey key(uint8_t number) override { return test_key(number); }
  SignatureBytes sign(uint8_t number, const Digest& digest) override {
    return crypto_.sign(test_key(number), digest);
  }

 private:
  FakeCrypto& crypto_;
};

}  // namespace flotilla::edge::test
