#pragma once

#include <filesystem>

#include "tests/sim/differential/conversation.h"
#include "tests/support/adapter_mosquitto.h"

namespace flotilla::sim::differential {

/// A real Mosquitto, by sockets.
class MosquittoSide final : public Transport {
 public:
  /// `folder`: where it keeps its database.
  MosquittoSide(testing::Mosquitto& broker, std::string folder)
      : broker_(broker), database_(std::move(folder) + "/mosquitto.db") {}
  ~MosquittoSide();

  void open(size_t client) override;
  void send(size_t client, const std::string& bytes) override;
  bool receive(size_t client, std::string& bytes) override { return take(newest_[client], bytes); }
  bool receive_old(size_t client, std::string& bytes) override { return take(old_[client], bytes); }
  void close(size_t client) override;
  void wait() override;
  void save() override;
  void restart(Step::Kind how) override;

 private:
  static constexpr int kNone = -1;
  static bool take(int socket, std::string& bytes);
  static void drop(int& socket);

  testing::Mosquitto& broker_;
  const std::filesystem::path database_;
  std::array<int, kClients> newest_{kNone, kNone, kNone};
  std::array<int, kClients> old_{kNone, kNone, kNone};
};

/// Lines of its configuration: the limits of these scripts.
std::string mosquitto_settings(const std::string& folder, bool persists);

}  // namespace flotilla::sim::differential
