#pragma once

#include <string>

#include "controller/adapters/broker_address.h"

namespace flotilla::controller {

/// Tries a TLS handshake with OpenSSL alone and gives its error lines: the MQTT library keeps an
/// alert that the broker sent to itself. Empty when the handshake works, or when nobody answers at
/// the address. Blocks up to a few seconds; for a connection that failed already.
std::string probe_tls(const BrokerAddress& address);

}  // namespace flotilla::controller
