#include "edge-client/adapters/tcp_connector.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace flotilla::edge {
namespace {

constexpr size_t kMaxAddresses = 8;

std::string numeric_text(const sockaddr* address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  const int error =
      getnameinfo(address, size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST);
  return error == 0 ? host.data() : "?";
}

}  // namespace

void TcpConnector::cancel() {
  fd_.reset();
  addresses_.clear();
  next_ = 0;
}

bool TcpConnector::resolve(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    explanation_ = "cannot resolve the broker's name '" + host +
                   "': " + (error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error)) +
                   "; check broker.host and the name server";
    return false;
  }
  for (const addrinfo* at = found; at != nullptr && addresses_.size() < kMaxAddresses;
       at = at->ai_next) {
    addresses_.push_back({at->ai_family,
                          std::string(reinterpret_cast<const char*>(at->ai_addr), at->ai_addrlen),
                          numeric_text(at->ai_addr, at->ai_addrlen)});
  }
  freeaddrinfo(found);
  return !addresses_.empty();
}

TcpConnector::Progress TcpConnector::start(const std::string& host, uint16_t port) {
  cancel();
  explanation_.clear();
  target_ = host + ":" + std::to_string(port);
  if (!resolve(host, port)) return Progress::kFailed;
  return try_next();
}

void TcpConnector::note(const Address& address, int error) {
  explanation_ =
      "cannot connect to " + target_ + " (" + address.text + "): " + std::strerror(error);
  if (error == ECONNREFUSED) explanation_ += "; is the broker running, and broker.port right?";
}

TcpConnector::Progress TcpConnector::try_next() {
  while (next_ < addresses_.size()) {
    const Address& address = addresses_[next_++];
    fd_.reset(::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd_.valid()) {
      note(address, errno);
      continue;
    }
    const int on = 1;
    // Without it only latency suffers.
    (void)::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto* target = reinterpret_cast<const sockaddr*>(address.bytes.data());
    if (::connect(fd_.get(), target, static_cast<socklen_t>(address.bytes.size())) == 0) {
      return Progress::kDone;
    }
    if (errno == EINPROGRESS || errno == EINTR) return Progress::kPending;
    note(address, errno);
  }
  fd_.reset();
  return Progress::kFailed;
}

TcpConnector::Progress TcpConnector::advance() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == 0) {
    sockaddr_storage peer{};
    socklen_t peer_size = sizeof peer;
    const bool connected =
        ::getpeername(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0;
    return connected ? Progress::kDone : Progress::kPending;
  }
  note(addresses_[next_ - 1], error);
  return try_next();
}

}  // namespace flotilla::edge
