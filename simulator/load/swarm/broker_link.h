#pragma once

#include <netinet/in.h>

#include <memory>
#include <string>

#include "edge-client/adapters/tls_socket.h"
#include "simulator/load/board.h"

namespace flotilla::sim {

/// One device's connection to the broker: plain TCP, or the product's TLS socket. Non-blocking.
class BrokerLink {
 public:
  enum class State : uint8_t { kClosed, kConnecting, kHandshaking, kOpen };

  /// `tls` null: plain.
  BrokerLink(const sockaddr_in& address, std::unique_ptr<edge::TlsSocket> tls)
      : address_(address), tls_(std::move(tls)) {}

  /// Starts to connect. Not ok: failed, see trouble(), and closed.
  Status open(MonoTime now);
  /// Advances connect and handshake. Not ok: failed, and closed.
  Status drive(MonoTime now);
  void close();
  /// 0: nothing at present. Not ok: over, and closed.
  Result<size_t> read(MutableBytes out);
  Result<size_t> write(Bytes bytes);

  State state() const { return state_; }
  int fd() const { return tls_ != nullptr ? tls_->fd() : fd_.get(); }
  /// EPOLLIN, EPOLLOUT. `more`: something waits to be sent.
  uint32_t wanted_events(bool more) const;
  MonoTime deadline() const { return tls_ != nullptr ? tls_->deadline() : deadline_; }
  /// Why there is no connection, after a failure before kOpen.
  Trouble trouble() const { return trouble_; }

 private:
  Status fail(Trouble trouble);
  Status connect();
  Status follow_tls(Status status);

  const sockaddr_in& address_;
  std::unique_ptr<edge::TlsSocket> tls_;
  edge::Fd fd_;
  State state_ = State::kClosed;
  Trouble trouble_ = Trouble::kRefused;
  MonoTime deadline_ = kNever;
};

}  // namespace flotilla::sim
