#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "edge-client/agent/agent.h"
#include "schemas/protocol/trust.h"
#include "simulator/power/fakes.h"
#include "tests/unit/edge-client/agent/wire_publisher.h"
#include "tests/unit/edge-client/mqtt/reference_client_packets.h"
#include "tests/unit/edge-client/mqtt/server_packets.h"

namespace flotilla::edge::test {

using Lines = std::vector<std::string>;

/// Signs with FakeCrypto's signatures.
class FakeSigner final : public DeviceSigner {
 public:
  explicit FakeSigner(FakeCrypto& crypto) : crypto_(crypto) {}
  static PublicKey public_key() { return test_key(9); }

  Result<SignatureBytes> sign(const Digest& digest) override {
    return crypto_.sign(public_key(), digest);
  }
  KeyId key_id() override { return flotilla::key_id(crypto_, public_key()); }

 private:
  FakeCrypto& crypto_;
};

/// Writes down what the agent tells.
class RecordingObserver final : public AgentObserver {
 public:
  void on_online() override { log.push_back("online"); }
  void on_offline(uint8_t reason_code, const char*) override {
    log.push_back("offline " + std::to_string(reason_code));
  }
  void on_report(const StateReport& report) override { reports.push_back(report); }
  void on_refused(std::string_view topic, uint8_t reason_code) override {
    log.push_back("refused " + std::string(topic) + " " + std::to_string(reason_code));
  }

  Lines log;
  std::vector<StateReport> reports;
};

/// An agent with a real device on fake ports, opposite a broker of a few lines that keeps retained
/// messages, all on virtual time. The broker's behaviour is in public members.
class AgentWorld {
 public:
  explicit AgentWorld(uint32_t chunk_max = 1024);

  /// Waits for the attempt, opens and answers CONNECT with these properties.
  void connect(const std::string& connack_properties = "");
  /// The transport dies.
  void drop() { agent->closed(now); }
  /// Carries bytes both ways, answers, ticks and works until all is quiet at this instant.
  void settle();
  bool run_until(const std::function<bool()>& done, Duration limit = seconds(600));
  void wait(Duration duration);

  void hear(const std::string& bytes);
  /// A message as the broker would send it for a subscription with that identifier (0: none).
  void deliver(const std::string& topic, const std::string& payload, uint32_t subscription = 0);
  void retain(const std::string& topic, const std::string& payload) { retained[topic] = payload; }
  void put(const WirePublisher::Transfer& transfer);

  /// What the client sent since the last call, one packet a line, publishes without payload.
  Lines said();
  const ModelState& state() const { return observer.reports.back().models[0]; }

  Power power;
  Breaches breaches;
  FakeCrypto crypto;
  FakeSigner signer{crypto};
  FakeStorage storage;
  FakeJournal journal;
  FakeRuntime runtime;
  RecordingObserver observer;
  FakeKeyring keys{crypto};
  WirePublisher publisher{crypto, keys};
  AgentConfig config;
  std::unique_ptr<Agent> agent;
  MonoTime now{1000};

  std::map<std::string, std::string> retained;
  std::map<std::string, uint32_t> subscriptions;               ///< filter -> identifier
  std::vector<std::pair<std::string, std::string>> published;  ///< topic, payload
  unsigned suback_reason = 1;
  bool answer_publish = true;
  bool answer_self_test = true;
  std::vector<unsigned> unanswered;  ///< packet ids of publishes that got no PUBACK

 private:
  void start();
  bool exchange();
  static std::string message(const std::string& topic, const std::string& payload,
                             uint32_t subscription);
  std::string answer(const std::string& line);
  std::string answer_subscription(const std::string& line);

  std::vector<std::vector<uint64_t>> blocks_;
  Lines said_;
  bool self_tests_pending_ = false;
};

}  // namespace flotilla::edge::test
