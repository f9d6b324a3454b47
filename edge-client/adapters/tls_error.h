#pragma once

#include <cstdint>
#include <string>

namespace flotilla::edge {

/// What the texts name.
struct TlsNames {
  std::string ca_file;
  std::string server_name;
  std::string target;  ///< host:port
};

/// Certificate verification flags (MBEDTLS_X509_BADCERT_*) as sentences: what is wrong and what to
/// do about it.
std::string explain_verification(uint32_t flags, const TlsNames& names);
/// A fatal alert of the broker during the handshake (RFC 5246 section 7.2).
std::string explain_alert(uint8_t alert, const TlsNames& names);
/// Any other failure of the handshake.
std::string explain_handshake(int error, const TlsNames& names);

}  // namespace flotilla::edge
