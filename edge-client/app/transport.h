#pragma once

#include <vector>

#include "edge-client/adapters/tls_socket.h"
#include "edge-client/agent/agent.h"
#include "edge-client/app/report_log.h"

namespace flotilla::edge {

/// Carries bytes between the agent and its TLS connection, which it opens and closes as the agent
/// asks. Call drive() whenever the descriptor or a deadline is due.
class Transport {
 public:
  Transport(TlsSocket& socket, Agent& agent, ReportLog& log)
      : socket_(socket), agent_(agent), log_(log) {}

  void drive(MonoTime now);

  /// More may be read at once, without waiting for the descriptor.
  bool has_more() const { return has_more_; }
  int fd() const { return socket_.fd(); }
  short wanted_events() const { return socket_.wanted_events(); }
  MonoTime deadline() const { return socket_.deadline(); }

 private:
  void open(MonoTime now);
  void establish(MonoTime now);
  Status receive(MonoTime now);
  Status send(MonoTime now);
  void lost(MonoTime now);

  TlsSocket& socket_;
  Agent& agent_;
  ReportLog& log_;
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(16 * 1024);
  bool has_more_ = false;
};

}  // namespace flotilla::edge
