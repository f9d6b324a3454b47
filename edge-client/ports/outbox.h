#pragma once

#include "schemas/base/status.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// What the core asks of the connection. Calls only queue; kUnavailable when not connected or when
/// the queue is full, and the core asks again later. The standing subscriptions (directives,
/// keyset, acknowledgements) are the connection owner's business.
class Outbox {
 public:
  /// Ask for the retained offer of a transfer; answered by Device::on_offer.
  virtual Status request_offer(TransferId transfer) = 0;
  /// Subscribe to one group of chunks; the core keeps at most one group at a time. Repeating it
  /// asks the broker for the retained chunks once more. Answered by Device::on_chunk.
  virtual Status request_group(TransferId transfer, uint32_t group) = 0;
  /// No more chunks of this group or offer are wanted.
  virtual Status release_group(TransferId transfer, uint32_t group) = 0;
  virtual Status release_offer(TransferId transfer) = 0;
  virtual Status send_state(const StateReport& report) = 0;
  virtual Status send_health(const HealthReport& report) = 0;
  /// Encodes and signs an attestation with the device's key into `out`; the same value gives the
  /// same bytes (RFC 6979), so it can be repeated after a restart. Returns the size.
  virtual Result<size_t> attest(const Attestation& attestation, MutableBytes out) = 0;

 protected:
  ~Outbox() = default;
};

}  // namespace flotilla::edge
