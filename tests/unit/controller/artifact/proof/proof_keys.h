#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "controller/adapters/keys_file.h"
#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/mbed_signer.h"
#include "controller/adapters/openssl_verifier.h"
#include "controller/artifact/manifest_builder.h"
#include "controller/artifact/proof/trust_check.h"
#include "tests/support/adapter_keys.h"

namespace flotilla::testing {

/// Fresh keys of every role, and the keyset that names them.
class ProofKeys {
 public:
  using SignerPointer = std::shared_ptr<controller::MbedSigner>;

  ProofKeys() {
    root = make("root");
    release = make("release");
    director = make("director");
    device = make("device");
    Keyset value;
    value.epoch = 3;
    value.issued = WallTime{1'700'000'000'000};
    for (const auto& [key, role] : {std::pair{root, kRoleRoot}, std::pair{release, kRoleRelease},
                                    std::pair{director, kRoleDirector}}) {
      EXPECT_TRUE(value.keys.push_back({key->public_key(), static_cast<uint8_t>(role)}));
    }
    std::array<controller::Signer*, 1> roots = {root.get()};
    keyset = controller::sign_keyset(hasher, roots, value).value();
    anchor.roots = {root->public_key()};
  }

  SignerPointer make(const char* name) {
    const std::string path = folder / name;
    EXPECT_TRUE(controller::generate_key_file(path).ok());
    return controller::MbedSigner::load(hasher, path).value();
  }

  controller::MbedHasher hasher;
  controller::OpensslVerifier verifier;
  controller::proof::Tools tools{hasher, verifier};
  TemporaryFolder folder;
  SignerPointer root, release, director, device;
  std::string keyset;
  controller::proof::Anchor anchor;
};

}  // namespace flotilla::testing
