#include "tests/bench/counting_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace flotilla::bench {
namespace {

constexpr uint8_t kApplicationData = 23;  // RFC 5246 section 6.2.1
constexpr size_t kAddedByGcm = 8 + 16;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

bool send_all(int to, const uint8_t* bytes, size_t size) {
  while (size > 0) {
    const ssize_t sent = send(to, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

}  // namespace

void CountingProxy::Records::pass(const uint8_t* bytes, size_t size, Counters& counters) {
  counters.tcp += size;
  while (size > 0) {
    if (body_left_ > 0) {
      const size_t skipped = std::min(size, body_left_);
      bytes += skipped;
      size -= skipped;
      body_left_ -= skipped;
      continue;
    }
    header_[header_filled_++] = *bytes++;
    --size;
    if (header_filled_ < sizeof header_) continue;
    header_filled_ = 0;
    body_left_ = static_cast<size_t>(header_[3] << 8 | header_[4]);
    if (header_[0] == kApplicationData && body_left_ > kAddedByGcm) {
      counters.mqtt += body_left_ - kAddedByGcm;
    }
  }
}

CountingProxy::CountingProxy(int upstream) : upstream_(upstream) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 8) != 0 ||
      getsockname(listener_, generic, &size) != 0 || pipe2(stop_, O_CLOEXEC) != 0) {
    throw std::runtime_error("the counting proxy cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

CountingProxy::~CountingProxy() {
  close(stop_[1]);
  thread_.join();
  for (const Link& link : links_) {
    close(link.device);
    close(link.broker);
  }
  close(listener_);
  close(stop_[0]);
}

void CountingProxy::accept_device() {
  Link link;
  link.device = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  link.broker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(upstream_);
  const int on = 1;
  setsockopt(link.device, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(link.broker, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(link.broker, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    links_.push_back(link);
    return;
  }
  close(link.device);
  close(link.broker);
}

bool CountingProxy::relay(int from, int to, Records& records, Counters& counters) {
  std::array<uint8_t, 16 * 1024> buffer;
  const ssize_t got = recv(from, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  records.pass(buffer.data(), static_cast<size_t>(got), counters);
  return send_all(to, buffer.data(), static_cast<size_t>(got));
}

void CountingProxy::run() {
  for (;;) {
    std::vector<pollfd> ready = {{stop_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Link& link : links_) {
      ready.push_back({link.device, POLLIN, 0});
      ready.push_back({link.broker, POLLIN, 0});
    }
    poll(ready.data(), ready.size(), -1);
    if (ready[0].revents != 0) return;
    std::vector<Link> open;
    for (size_t i = 0; i < links_.size(); ++i) {
      Link& link = links_[i];
      bool whole = true;
      if (ready[2 + 2 * i].revents != 0) {
        whole = relay(link.device, link.broker, link.from_device, to_broker_);
      }
      if (whole && ready[3 + 2 * i].revents != 0) {
        whole = relay(link.broker, link.device, link.from_broker, to_device_);
      }
      if (whole) {
        open.push_back(link);
      } else {
        close(link.device);
        close(link.broker);
      }
    }
    links_ = std::move(open);
    if (ready[1].revents != 0) accept_device();
  }
}

}  // namespace flotilla::bench
