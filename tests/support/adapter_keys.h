#pragma once

#include <memory>
#include <string>

#include "controller/adapters/mbed_signer.h"
#include "schemas/protocol/hasher.h"

namespace flotilla::testing {

/// The key of RFC 6979 appendix A.2.5 as SEC 1 DER, and its public point.
std::string rfc6979_key();
PublicKey rfc6979_public_key();
/// A signer of that key; stops the test program when mbedTLS refuses it.
std::shared_ptr<controller::MbedSigner> rfc6979_signer(Hasher& hasher);

std::string from_hex(std::string_view digits);

/// A fresh folder below the system's temporary one, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace flotilla::testing
