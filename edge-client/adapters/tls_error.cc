#include "edge-client/adapters/tls_error.h"

#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

#include <array>

#include "edge-client/adapters/mbed_crypto.h"

namespace flotilla::edge {
namespace {

/// The library reports "no memory" and the like as "everything is wrong".
constexpr uint32_t kNotVerified = 0xFFFFFFFF;

void sentence(std::string& out, const std::string& text) {
  if (!out.empty()) out += "; ";
  out += text;
}

const char* alert_name(uint8_t alert) {
  switch (alert) {
    case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
      return "handshake_failure";
    case MBEDTLS_SSL_ALERT_MSG_BAD_CERT:
      return "bad_certificate";
    case MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT:
      return "unsupported_certificate";
    case MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED:
      return "certificate_revoked";
    case MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED:
      return "certificate_expired";
    case MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN:
      return "certificate_unknown";
    case MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA:
      return "unknown_ca";
    case MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED:
      return "access_denied";
    case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION:
      return "protocol_version";
    case MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME:
      return "unrecognized_name";
    default:
      return "other";
  }
}

const char* alert_advice(uint8_t alert) {
  switch (alert) {
    case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
      return "no common cipher suite: the broker needs a certificate with an ECDSA P-256 key and "
             "TLS 1.2 with AES-GCM or ChaCha20, or it wanted a certificate that this device did "
             "not send";
    case MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA:
      return "the broker does not know the CA that signed this device's certificate (tls.cert)";
    case MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED:
      return "this device's certificate (tls.cert) has expired: renew it";
    case MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED:
      return "this device's certificate (tls.cert) was revoked";
    case MBEDTLS_SSL_ALERT_MSG_BAD_CERT:
    case MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT:
    case MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN:
    case MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED:
      return "the broker refuses this device's certificate (tls.cert)";
    case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION:
      return "the broker does not offer TLS 1.2";
    case MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME:
      return "the broker does not know the server name: check broker.tls_name";
    default:
      return "see the broker's log";
  }
}

}  // namespace

std::string explain_verification(uint32_t flags, const TlsNames& names) {
  if (flags == kNotVerified) {
    return "the broker's certificate could not be verified at all: out of memory?";
  }
  std::string out;
  if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
    sentence(out, "the broker's certificate is not signed by the CA in " + names.ca_file +
                      ": set tls.ca to the broker's CA, or another server answers at " +
                      names.target);
  }
  if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) {
    sentence(out, "the broker's certificate is not for the name '" + names.server_name +
                      "': set broker.host or broker.tls_name to a DNS name in the certificate "
                      "(addresses in it are not compared)");
  }
  if ((flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0) {
    sentence(out,
             "the broker's certificate, or a CA above it, has expired: renew it, or correct "
             "this device's clock");
  }
  if ((flags & MBEDTLS_X509_BADCERT_FUTURE) != 0) {
    sentence(out, "the broker's certificate is not valid yet: correct this device's clock");
  }
  constexpr uint32_t kWeak =
      MBEDTLS_X509_BADCERT_BAD_KEY | MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK;
  if ((flags & kWeak) != 0) {
    sentence(out,
             "the broker's certificate uses a weak or unsupported key or hash: P-256 with "
             "SHA-256 is needed");
  }
  if (!out.empty()) return out;
  std::array<char, 512> text{};
  mbedtls_x509_crt_verify_info(text.data(), text.size(), "", flags);
  out = text.data();
  for (char& c : out) c = c == '\n' ? ' ' : c;
  return "the broker's certificate was refused: " + out;
}

std::string explain_alert(uint8_t alert, const TlsNames& names) {
  return "the broker " + names.target + " ended the TLS handshake with alert " +
         std::to_string(alert) + " (" + alert_name(alert) + "): " + alert_advice(alert);
}

std::string explain_handshake(int error, const TlsNames& names) {
  const std::string cause = mbed_error_text(error);
  switch (error) {
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_NET_CONN_RESET:
      return "the broker " + names.target +
             " closed the connection during the TLS handshake: is it a TLS listener, and does it "
             "accept this device's certificate? See its log";
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
      return names.target + " does not speak TLS: check broker.port (" + cause + ")";
    default:
      return "TLS handshake with " + names.target + " failed: " + cause;
  }
}

}  // namespace flotilla::edge
