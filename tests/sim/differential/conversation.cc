#include "tests/sim/differential/conversation.h"

#include <algorithm>
#include <utility>

namespace flotilla::sim::differential {

using Kind = Step::Kind;

StepLog Conversation::carry_out(const Step& step) {
  heard_ = {};
  act(step);
  collect();
  for (auto& lines : heard_) canonicalize(lines);
  return std::move(heard_);
}

void Conversation::say(size_t client, const std::string& bytes) {
  if (clients_[client].open) transport_.send(client, bytes);
}

void Conversation::connect(const Step& step) {
  Client& client = clients_[step.client];
  const bool takes_over = std::exchange(client.open, true);
  transport_.open(step.client);
  transport_.send(step.client, connect_packet(step.connect));
  client.unacknowledged.clear();
  client.holds_back = false;
  std::string old = std::exchange(client.bytes, {});
  if (!takes_over) return;
  while (transport_.receive_old(step.client, old)) {
  }
  for (const Heard& heard : take_packets(old)) {
    if (!heard.is_ping) heard_[step.client].push_back("before: " + heard.line);
  }
}

void Conversation::act(const Step& step) {
  Client& client = clients_[step.client];
  switch (step.kind) {
    case Kind::kConnect:
      return connect(step);
    case Kind::kSubscribe:
      return say(step.client, subscribe_packet(step.subscribe, ++client.last_id));
    case Kind::kUnsubscribe:
      return say(step.client, unsubscribe_packet(step.subscribe.filter, ++client.last_id));
    case Kind::kPublish:
      return say(step.client, publish_packet(step.publish, ++client.last_id));
    case Kind::kHoldBack:
      client.holds_back = true;
      return;
    case Kind::kAnswer:
      client.holds_back = false;
      for (const uint16_t id : std::exchange(client.unacknowledged, {})) {
        say(step.client, puback_packet(id));
      }
      return;
    case Kind::kAcknowledge:
      if (client.unacknowledged.empty()) return;
      say(step.client, puback_packet(client.unacknowledged.front()));
      client.unacknowledged.pop_front();
      return;
    case Kind::kDisconnect:
      say(step.client, disconnect_packet(step.reason));
      (void)hear(step.client, true);
      return;
    case Kind::kVanish:
      if (client.open) transport_.close(step.client);
      client.open = false;
      return;
    case Kind::kWait:
      return transport_.wait();
    case Kind::kSave:
      return transport_.save();
    case Kind::kRestart:
    case Kind::kKill:
    case Kind::kForget:
      transport_.restart(step.kind);
      for (Client& each : clients_) each = {};
      return;
  }
}

/// An answer to a ping comes behind everything that the broker had for the client before. Twice: a
/// broker may look at one client's ping before it looks at what another one did earlier, but then
/// it has looked at both when the second ping comes.
void Conversation::collect() {
  for (int rounds = 2; rounds > 0;) {
    bool again = false;
    --rounds;
    for (size_t i = 0; i < kClients; ++i) say(i, ping_packet());
    for (size_t i = 0; i < kClients; ++i) again = hear(i, false) || again;
    if (again) rounds = std::max(rounds, 1);
  }
}

bool Conversation::hear(size_t number, bool until_closed) {
  Client& client = clients_[number];
  bool acknowledged = false;
  bool answered = false;
  while (client.open && (until_closed || !answered)) {
    client.open = transport_.receive(number, client.bytes);
    for (const Heard& heard : take_packets(client.bytes)) {
      answered = answered || heard.is_ping;
      if (!heard.is_ping) heard_[number].push_back(heard.line);
      if (heard.to_acknowledge == 0) continue;
      if (client.holds_back) {
        client.unacknowledged.push_back(heard.to_acknowledge);
      } else if (client.open && !until_closed) {
        say(number, puback_packet(heard.to_acknowledge));
        acknowledged = true;
      }
    }
    if (!client.open) heard_[number].push_back("closed");
  }
  return acknowledged;
}

void canonicalize(std::vector<std::string>& lines) {
  const auto topic = [](const std::string& line) { return line.substr(0, line.find('=')); };
  const auto message = [](const std::string& line) { return line.substr(0, line.find(" q")); };
  const auto publishes = std::stable_partition(
      lines.begin(), lines.end(),
      [](const std::string& line) { return line.find('=') == std::string::npos; });
  std::stable_sort(publishes, lines.end(),
                   [&](const std::string& a, const std::string& b) { return topic(a) < topic(b); });
  for (auto from = publishes; from != lines.end();) {
    auto to = from;
    while (to != lines.end() && message(*to) == message(*from)) ++to;
    std::sort(from, to);
    from = to;
  }
}

}  // namespace flotilla::sim::differential
