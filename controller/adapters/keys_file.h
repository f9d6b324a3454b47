#pragma once

#include <string>
#include <string_view>

#include "schemas/base/status.h"
#include "schemas/protocol/messages.h"

/// P-256 keys and certificates as PEM files.
namespace flotilla::controller {

/// Makes a new P-256 private key (PEM, mode 0600) and gives its public half. kAlreadyExists leaves
/// the old file alone.
Result<PublicKey> generate_key_file(const std::string& path);
/// Public half of a private key file.
Result<PublicKey> load_public_half(const std::string& path);

/// What enrolment takes from a device's certificate.
struct CertificateIdentity {
  std::string common_name;
  PublicKey public_key{};
};

/// The first certificate of a PEM text (or DER). Neither its chain nor its dates are checked: the
/// operator vouches for it. kInvalidArgument without exactly one common name or a P-256 key.
Result<CertificateIdentity> certificate_identity(std::string_view certificate);

/// A public key as PEM text or DER (SubjectPublicKeyInfo).
Result<PublicKey> parse_public_key(std::string_view key);

}  // namespace flotilla::controller
