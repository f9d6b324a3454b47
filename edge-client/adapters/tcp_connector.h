#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "edge-client/adapters/posix.h"

namespace flotilla::edge {

/// Opens a TCP connection without blocking, trying each address of a name in turn. Only the name's
/// resolution blocks (getaddrinfo, at most the resolver's own limit, 5 s an attempt by default).
class TcpConnector {
 public:
  enum class Progress : uint8_t { kPending, kDone, kFailed };

  /// Resolves the name and starts the first attempt.
  Progress start(const std::string& host, uint16_t port);
  /// Call when the descriptor is writable.
  Progress advance();
  /// The connected socket; non-blocking, without delay (TCP_NODELAY).
  Fd take() { return std::move(fd_); }
  void cancel();

  int fd() const { return fd_.get(); }
  /// Why it failed, for people.
  const std::string& explain() const { return explanation_; }

 private:
  struct Address {
    int family = 0;
    std::string bytes;  // sockaddr
    std::string text;
  };

  Progress try_next();
  bool resolve(const std::string& host, uint16_t port);
  void note(const Address& address, int error);

  std::vector<Address> addresses_;
  size_t next_ = 0;
  Fd fd_;
  std::string target_;
  std::string explanation_;
};

}  // namespace flotilla::edge
