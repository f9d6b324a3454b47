#include "controller/adapters/broker_failure.h"

namespace flotilla::controller {
namespace {

bool mentions(const std::string& text, const char* word) {
  return text.find(word) != std::string::npos;
}

/// Empty when the lines say nothing that an operator can act on.
std::string explain_tls(const std::string& lines) {
  if (mentions(lines, "certificate verify failed")) {
    return "presents a certificate that ca_file does not vouch for (or for another host name)";
  }
  if (mentions(lines, "certificate expired")) return "says that our certificate has expired";
  if (mentions(lines, "unknown ca") || mentions(lines, "bad certificate") ||
      mentions(lines, "certificate unknown") || mentions(lines, "certificate revoked") ||
      mentions(lines, "unsupported certificate")) {
    return "refused our certificate";
  }
  if (mentions(lines, "handshake failure") || mentions(lines, "certificate required")) {
    return "refused the TLS handshake: is a certificate missing or of the wrong authority?";
  }
  if (mentions(lines, "wrong version number") || mentions(lines, "packet length too long")) {
    return "does not speak TLS on that port";
  }
  if (mentions(lines, "system lib") || mentions(lines, "No such file") || mentions(lines, "PEM") ||
      mentions(lines, "key values")) {
    return "was not asked: the certificate, key or authority file cannot be used";
  }
  return {};
}

std::string explain_connack(uint8_t code) {
  switch (code) {
    case 0:
      return {};
    case 0x84:
      return "does not speak MQTT 5";
    case 0x85:
      return "refused the client id";
    case 0x86:
      return "refused the user name or password";
    case 0x87:
      return "accepted the connection but gives it no rights";
    case 0x88:
    case 0x89:
      return "is unavailable or busy";
    case 0x8A:
      return "has banned this client";
    case 0x8E:
      return "gave the session to another connection with the same client id";
    default:
      return "refused the connection: " + explain_refusal(code);
  }
}

}  // namespace

std::string explain_failure(const BrokerAddress& address, uint8_t reason_code,
                            const std::string& tls_errors, const std::string& library_text) {
  std::string what = explain_connack(reason_code);
  if (what.empty()) what = explain_tls(tls_errors);
  if (what.empty()) what = "could not be reached: " + library_text;
  return "broker at " + address.name() + " " + what;
}

std::string explain_refusal(uint8_t reason_code) {
  switch (reason_code) {
    case 0x10:
      return "no matching subscribers";
    case 0x83:
      return "implementation specific error";
    case 0x87:
      return "not authorized: the broker's access rules forbid it";
    case 0x8F:
      return "topic filter invalid";
    case 0x90:
      return "topic name invalid";
    case 0x95:
      return "packet too large";
    case 0x97:
      return "quota exceeded";
    case 0x99:
      return "payload format invalid";
    case 0x9A:
      return "the broker does not support retained messages";
    case 0xA2:
      return "the broker does not support wildcard subscriptions";
    default:
      return "reason code " + std::to_string(reason_code);
  }
}

}  // namespace flotilla::controller
