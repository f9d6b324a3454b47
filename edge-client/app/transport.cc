#include "edge-client/app/transport.h"

#include "edge-client/adapters/log.h"

namespace flotilla::edge {
namespace {

constexpr int kReadsPerTurn = 16;  // then timers and hooks get their turn

}  // namespace

void Transport::open(MonoTime now) {
  agent_.opening();
  if (socket_.open(now).ok()) return;
  lost(now);
}

void Transport::lost(MonoTime now) {
  if (!agent_.session_started()) log_warning("connect_failed").add("why", socket_.explain());
  log_.set_transport_error(socket_.explain());
  agent_.closed(now);
  log_debug("next_attempt").add("in_ms", (agent_.next_attempt() - now).ms);
}

void Transport::establish(MonoTime now) {
  if (!socket_.drive(now).ok()) return lost(now);
  if (socket_.state() != TlsSocket::State::kOpen) return;
  log_debug("tls").add("session", socket_.description());
  agent_.opened(now);
}

Status Transport::receive(MonoTime now) {
  has_more_ = false;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const Result<size_t> n = socket_.read(buffer_);
    FLOTILLA_TRY(n.status());
    if (n.value() == 0) return ok_status();
    agent_.receive(Bytes(buffer_).first(n.value()), now);
    FLOTILLA_TRY(send(now));
  }
  has_more_ = true;
  return ok_status();
}

Status Transport::send(MonoTime now) {
  for (;;) {
    const Bytes out = agent_.pending_output();
    if (out.empty()) return socket_.flush();
    const Result<size_t> n = socket_.write(out);
    FLOTILLA_TRY(n.status());
    if (n.value() == 0) return ok_status();
    agent_.transmit_done(n.value(), now);
  }
}

void Transport::drive(MonoTime now) {
  if (agent_.should_open(now)) open(now);
  const TlsSocket::State state = socket_.state();
  if (state == TlsSocket::State::kConnecting || state == TlsSocket::State::kHandshaking) {
    establish(now);
  }
  if (socket_.state() == TlsSocket::State::kOpen) {
    Status status = receive(now);
    if (status.ok()) status = send(now);
    if (!status.ok()) return lost(now);
  }
  if (!agent_.should_close(now)) return;
  socket_.close();
  agent_.closed(now);
}

}  // namespace flotilla::edge
