#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <tuple>
#include <vector>

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
    ada = make("ada");
    bob = make("bob");
    keyset = sign(make_keyset(3, release, 0));
    anchor.roots = {root->public_key()};
  }

  /// Ada may approve every model, bob those of class cam.
  Keyset make_keyset(uint32_t epoch, const SignerPointer& releaser, uint8_t approvals) const {
    Keyset value;
    value.epoch = epoch;
    value.issued = WallTime{1'700'000'000'000};
    for (const auto& [key, role, scopes] :
         {std::tuple{root, kRoleRoot, ""}, std::tuple{releaser, kRoleRelease, ""},
          std::tuple{director, kRoleDirector, ""}, std::tuple{ada, kRoleApprover, ""},
          std::tuple{bob, kRoleApprover, "*/cam"}}) {
      EXPECT_TRUE(value.keys.push_back({key->public_key(), static_cast<uint8_t>(role), scopes}));
    }
    const ApprovalRule rule{"pose/*", approvals};
    EXPECT_TRUE(approvals == 0 || value.approval_rules.push_back(rule));
    return value;
  }

  std::string sign(const Keyset& value, const std::vector<SignerPointer>& by = {}) {
    std::vector<controller::Signer*> roots = {root.get()};
    if (!by.empty()) roots.clear();
    for (const SignerPointer& key : by) roots.push_back(key.get());
    return controller::sign_keyset(hasher, roots, value).value();
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
  SignerPointer root, release, director, device, ada, bob;
  std::string keyset;
  controller::proof::Anchor anchor;
};

}  // namespace flotilla::testing
