#pragma once

#include <string>

#include "controller/adapters/broker_address.h"

namespace flotilla::controller {

/// What went wrong with a connection, in words for the operator.
/// `reason_code`: of MQTT 5, 0 when there was none; `tls_errors`: OpenSSL's lines, newest last.
std::string explain_failure(const BrokerAddress& address, uint8_t reason_code,
                            const std::string& tls_errors, const std::string& library_text);

/// Name of an MQTT 5 reason code (section 2.4) that a broker answers to a publish or subscription.
std::string explain_refusal(uint8_t reason_code);

}  // namespace flotilla::controller
