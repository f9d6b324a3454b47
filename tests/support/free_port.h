#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

namespace flotilla::test {

/// A loopback port for a server that a test kills and starts again; 0 when there is none. It lies
/// below the ports that the system gives to outgoing connections (32768 and up): none of them takes
/// it while the server is down, and a client that dials it then does not reach itself. Processes
/// that run at the same time search from different ports, one process never gives a port twice.
inline uint16_t free_port() {
  constexpr uint32_t kFirst = 10'000, kPorts = 20'000;
  static uint32_t next = static_cast<uint32_t>(getpid()) * 37;
  for (uint32_t tries = 0; tries < kPorts; ++tries) {
    const auto port = static_cast<uint16_t>(kFirst + next++ % kPorts);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    if (bound) return port;
  }
  return 0;
}

}  // namespace flotilla::test
