#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"

namespace flotilla::controller {

/// Callbacks come from a library thread: they only push into a bounded mailbox and return.
struct TransportEvents {
  std::function<void()> connected;
  std::function<void(std::string reason)> lost;
  /// `retained`: the broker delivered it from its store.
  std::function<void(std::string topic, std::string payload, bool retained)> message;
  /// The broker acknowledged (ok) or refused a publish; `token` as given to publish().
  std::function<void(uint64_t token, bool ok, std::string reason)> published;
};

/// One MQTT 5 connection of the controller, which reconnects by itself with backoff. Subscriptions
/// are renewed by the owner on `connected` (clean sessions).
class Transport {
 public:
  virtual void start(TransportEvents events) = 0;
  /// Disconnects and joins; no callback runs afterwards.
  virtual void stop() = 0;
  /// QoS 1. kUnavailable when not connected, kResourceExhausted when too much is in flight.
  virtual Status publish(std::string_view topic, Bytes payload, bool retain, uint64_t token) = 0;
  virtual Status subscribe(std::string_view filter) = 0;
  virtual Status unsubscribe(std::string_view filter) = 0;
  virtual bool connected() const = 0;

 protected:
  ~Transport() = default;
};

}  // namespace flotilla::controller
