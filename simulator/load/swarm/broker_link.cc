#include "simulator/load/swarm/broker_link.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

namespace flotilla::sim {
namespace {

constexpr Duration kConnectTimeout = seconds(20);

bool try_again(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Status BrokerLink::fail(Trouble trouble) {
  trouble_ = trouble;
  close();
  return {Code::kUnavailable, trouble_name(trouble)};
}

Status BrokerLink::open(MonoTime now) {
  if (tls_ != nullptr) {
    state_ = State::kConnecting;
    return follow_tls(tls_->open(now));
  }
  fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_.valid()) return fail(Trouble::kUnreachable);
  const int on = 1;
  (void)::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  state_ = State::kConnecting;
  deadline_ = now + kConnectTimeout;
  return connect();
}

/// Called again for a connection in progress it says how that ended.
Status BrokerLink::connect() {
  const auto* target = reinterpret_cast<const sockaddr*>(&address_);
  if (::connect(fd_.get(), target, sizeof address_) == 0 || errno == EISCONN) {
    state_ = State::kOpen;
    deadline_ = kNever;
    return ok_status();
  }
  if (errno == EINPROGRESS || errno == EALREADY || errno == EINTR) return ok_status();
  return fail(errno == ECONNREFUSED ? Trouble::kRefused : Trouble::kUnreachable);
}

Status BrokerLink::follow_tls(Status status) {
  if (!status.ok()) {
    const bool refused = tls_->explain().find("refused") != std::string::npos;
    return fail(state_ == State::kHandshaking ? Trouble::kHandshake
                : refused                     ? Trouble::kRefused
                                              : Trouble::kUnreachable);
  }
  switch (tls_->state()) {
    case edge::TlsSocket::State::kClosed:
      return fail(Trouble::kUnreachable);
    case edge::TlsSocket::State::kConnecting:
      state_ = State::kConnecting;
      break;
    case edge::TlsSocket::State::kHandshaking:
      state_ = State::kHandshaking;
      break;
    case edge::TlsSocket::State::kOpen:
      state_ = State::kOpen;
      break;
  }
  return ok_status();
}

Status BrokerLink::drive(MonoTime now) {
  if (state_ == State::kClosed || state_ == State::kOpen) return ok_status();
  if (tls_ != nullptr) {
    if (tls_->state() == edge::TlsSocket::State::kHandshaking) state_ = State::kHandshaking;
    return follow_tls(tls_->drive(now));
  }
  if (now >= deadline_) return fail(Trouble::kUnreachable);
  return connect();
}

void BrokerLink::close() {
  if (tls_ != nullptr) tls_->close();
  fd_.reset();
  state_ = State::kClosed;
  deadline_ = kNever;
}

Result<size_t> BrokerLink::read(MutableBytes out) {
  if (tls_ != nullptr) {
    Result<size_t> got = tls_->read(out);
    if (!got.ok()) return fail(Trouble::kLost);
    return got;
  }
  const ssize_t n = ::recv(fd_.get(), out.data(), out.size(), 0);
  if (n > 0) return static_cast<size_t>(n);
  if (n < 0 && try_again(errno)) return size_t{0};
  return fail(Trouble::kLost);
}

Result<size_t> BrokerLink::write(Bytes bytes) {
  if (tls_ != nullptr) {
    Result<size_t> put = tls_->write(bytes);
    if (!put.ok()) return fail(Trouble::kLost);
    return put;
  }
  const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return static_cast<size_t>(n);
  if (try_again(errno)) return size_t{0};
  return fail(Trouble::kLost);
}

uint32_t BrokerLink::wanted_events(bool more) const {
  if (tls_ != nullptr) {
    const auto wanted = static_cast<uint32_t>(tls_->wanted_events());
    return more && state_ == State::kOpen ? wanted | EPOLLOUT : wanted;
  }
  if (state_ == State::kConnecting) return EPOLLOUT;
  return more ? EPOLLIN | EPOLLOUT : EPOLLIN;
}

}  // namespace flotilla::sim
