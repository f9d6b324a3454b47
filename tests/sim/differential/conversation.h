#pragma once

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "tests/sim/differential/script.h"

namespace flotilla::sim::differential {

/// Connections to a broker, one for each client, and the broker's life.
class Transport {
 public:
  virtual ~Transport() = default;
  /// A new connection of the client; an earlier one stays open until the broker closes it.
  virtual void open(size_t client) = 0;
  virtual void send(size_t client, const std::string& bytes) = 0;
  /// Appends what came; false when the broker closed the connection. Waits a little for more.
  virtual bool receive(size_t client, std::string& bytes) = 0;
  /// The same of the connection before the newest one.
  virtual bool receive_old(size_t client, std::string& bytes) = 0;
  virtual void close(size_t client) = 0;
  virtual void wait() = 0;
  virtual void save() = 0;
  /// The broker goes and comes back: everything saved before, or not, or forgotten.
  virtual void restart(Step::Kind how) = 0;
};

/// What each client heard in one step.
using StepLog = std::array<std::vector<std::string>, kClients>;

/// Carries out a script over one transport.
class Conversation {
 public:
  explicit Conversation(Transport& transport) : transport_(transport) {}
  /// Everything that follows from the step, in a form that does not depend on what MQTT leaves
  /// open.
  StepLog carry_out(const Step& step);

 private:
  struct Client {
    bool open = false;
    bool holds_back = false;
    std::string bytes;
    std::deque<uint16_t> unacknowledged;
    uint16_t last_id = 0;
  };

  void act(const Step& step);
  void connect(const Step& step);
  void collect();
  /// True when something was acknowledged.
  bool hear(size_t number, bool until_closed);
  void say(size_t client, const std::string& bytes);

  Transport& transport_;
  std::array<Client, kClients> clients_;
  StepLog heard_;
};

/// What MQTT leaves open put in order: that of messages of different topics, and of the copies that
/// overlapping subscriptions give.
void canonicalize(std::vector<std::string>& lines);

}  // namespace flotilla::sim::differential
