#pragma once

#include <functional>
#include <memory>
#include <string>

#include "simulator/load/api_client.h"
#include "simulator/load/child.h"
#include "simulator/load/options.h"
#include "simulator/load/pki.h"

namespace flotilla::sim {

/// Asked while something takes time; true: give up.
using Interrupted = std::function<bool()>;

/// One broker with its controller: Mosquitto and `flotilla serve`, started in a folder of their
/// own, or an operator's. Everything throws LoadError.
class Plant {
 public:
  /// Starts both, and returns when they answer. `pki` null: plain TCP.
  static std::unique_ptr<Plant> start(const LoadOptions& options, const std::string& folder,
                                      Pki* pki, const Interrupted& interrupted);
  /// An operator's.
  static std::unique_ptr<Plant> foreign(const LoadOptions& options);

  ApiClient& api() { return *api_; }
  /// For one more thread.
  std::unique_ptr<ApiClient> another_api() const;

  /// IPv4, numeric.
  const std::string& host() const { return host_; }
  /// What the broker's certificate names.
  const std::string& name() const { return name_; }
  uint16_t port() const { return port_; }
  const std::string& keyset_file() const { return keyset_file_; }
  pid_t broker_pid() const { return broker_.pid(); }
  pid_t controller_pid() const { return controller_.pid(); }
  /// Empty while both run; otherwise which one ended, with the end of its log.
  std::string dead_part();

  void kill_broker() { broker_.kill_hard(); }
  void start_broker();
  bool broker_listens() const;
  void stop();

 private:
  Plant() = default;
  void write_broker_config(const LoadOptions& options, Pki* pki);
  void make_keys();
  void start_controller(const LoadOptions& options, Pki* pki);
  void wait_until(const std::string& what, Child& child, const std::string& log,
                  const Interrupted& interrupted, const std::function<bool()>& condition);
  bool controller_answers();

  std::string folder_;
  std::string host_ = "127.0.0.1";
  std::string name_ = "localhost";
  uint16_t port_ = 0;
  std::string keyset_file_;
  std::string server_;
  std::string token_;
  Child broker_;
  Child controller_;
  std::unique_ptr<ApiClient> api_;
};

}  // namespace flotilla::sim
