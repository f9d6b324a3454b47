#pragma once

#include <memory>

#include "simulator/broker/byte_session.h"
#include "tests/sim/differential/conversation.h"

namespace flotilla::sim::differential {

/// The broker of the simulator, by bytes.
class ModelSide final : public Transport {
 public:
  void open(size_t client) override;
  void send(size_t client, const std::string& bytes) override;
  bool receive(size_t client, std::string& bytes) override { return take(newest_[client], bytes); }
  bool receive_old(size_t client, std::string& bytes) override { return take(old_[client], bytes); }
  void close(size_t client) override { newest_[client]->session->lost(); }
  void wait() override;
  void save() override { broker_.save(); }
  void restart(Step::Kind how) override;

 private:
  struct End {
    std::unique_ptr<ByteSession> session;
    std::string out;
    bool closed = false;
  };
  bool take(const std::unique_ptr<End>& end, std::string& bytes);

  Trace trace_;
  Scheduler scheduler_{trace_};
  Broker broker_{scheduler_, BrokerOptions{{kMaxInFlight, kMaxQueued}, {0}}};
  std::array<std::unique_ptr<End>, kClients> newest_;
  std::array<std::unique_ptr<End>, kClients> old_;
};

}  // namespace flotilla::sim::differential
