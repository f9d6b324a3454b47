#pragma once

#include <cstdint>
#include <string>

namespace flotilla::controller {

/// Where a broker is and how a controller's connection proves who it is.
struct BrokerAddress {
  std::string host = {};
  uint16_t port = 8883;
  std::string client_id = {};
  bool tls = true;  ///< false: plain TCP, for tests and trusted loopback
  std::string ca_file = {};
  std::string certificate_file = {};  ///< PEM chain
  std::string key_file = {};
  std::string username = {};  ///< empty: none
  std::string password = {};

  std::string name() const { return host + ":" + std::to_string(port); }
  std::string uri() const { return (tls ? "ssl://" : "tcp://") + name(); }
};

}  // namespace flotilla::controller
