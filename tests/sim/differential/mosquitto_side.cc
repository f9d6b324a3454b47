#include "tests/sim/differential/mosquitto_side.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "schemas/base/assert.h"

namespace flotilla::sim::differential {
namespace {

/// Longest time that a broker may take for anything here, on a busy machine.
constexpr int kPatienceMs = 30'000;
constexpr int kLookMs = 5;

}  // namespace

MosquittoSide::~MosquittoSide() {
  for (int& socket : newest_) drop(socket);
  for (int& socket : old_) drop(socket);
}

void MosquittoSide::drop(int& socket) {
  if (socket != kNone) {
    // A process that is being spawned may hold a copy of the descriptor for a moment.
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
  }
  socket = kNone;
}

void MosquittoSide::open(size_t client) {
  drop(old_[client]);
  old_[client] = std::exchange(newest_[client], kNone);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(broker_.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  FLOTILLA_ASSERT(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  newest_[client] = socket;
}

void MosquittoSide::send(size_t client, const std::string& bytes) {
  // A broker that closed the connection is found out when it is read.
  (void)::send(newest_[client], bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

bool MosquittoSide::take(int socket, std::string& bytes) {
  if (socket == kNone) return false;
  pollfd ready{socket, POLLIN, 0};
  FLOTILLA_ASSERT(::poll(&ready, 1, kPatienceMs) == 1);
  char buffer[4096];
  const ssize_t size = ::recv(socket, buffer, sizeof buffer, 0);
  if (size > 0) bytes.append(buffer, static_cast<size_t>(size));
  return size > 0;
}

void MosquittoSide::close(size_t client) {
  drop(newest_[client]);
}

/// Sessions and keep-alives of a real broker run out in real time.
void MosquittoSide::wait() {
  ::poll(nullptr, 0, static_cast<int>(kWaitTime.ms));
}

void MosquittoSide::save() {
  std::error_code none;
  const auto before = std::filesystem::last_write_time(database_, none);
  const bool was_there = !none;
  broker_.save();
  for (int waited = 0; waited < kPatienceMs; waited += kLookMs) {
    const auto now = std::filesystem::last_write_time(database_, none);
    if (!none && (!was_there || now != before)) return;
    ::poll(nullptr, 0, kLookMs);
  }
  FLOTILLA_ASSERT(false);
}

void MosquittoSide::restart(Step::Kind how) {
  if (how == Step::Kind::kRestart) {
    broker_.stop();
  } else {
    broker_.kill_hard();
  }
  std::error_code none;
  if (how == Step::Kind::kForget) std::filesystem::remove(database_, none);
  for (int& socket : newest_) drop(socket);
  for (int& socket : old_) drop(socket);
  broker_.start();
}

std::string mosquitto_settings(const std::string& folder, bool persists) {
  return "max_inflight_messages " + std::to_string(kMaxInFlight) + "\nmax_queued_messages " +
         std::to_string(kMaxQueued) + "\nmax_keepalive 65535\n" +
         (persists ? "persistence true\npersistence_location " + folder + "/\n" : "");
}

}  // namespace flotilla::sim::differential
