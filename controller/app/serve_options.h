#pragma once

#include <cstdint>
#include <string>

#include "schemas/base/status.h"

namespace CLI {
class App;
}  // namespace CLI

namespace flotilla::controller::app {

/// What `flotilla serve` needs; docs/operations.md describes each.
struct ServeOptions {
  std::string config_file;
  std::string state = "/var/lib/flotilla";
  std::string keys;
  std::string listen = "127.0.0.1:8600";
  std::string tls_cert;
  std::string tls_key;
  std::string broker_host = "127.0.0.1";
  uint32_t broker_port = 8883;
  bool broker_plaintext = false;
  std::string prefix = "flotilla";
  std::string ca;
  std::string cert;
  std::string key;
  std::string audit_cert;
  std::string audit_key;
  std::string acl_file;
  std::string broker_pid_file;
  uint64_t retained_budget = 256u << 20;
  uint32_t reconnect_window_s = 10;
  uint32_t builders = 1;
  std::string optimisers;
  uint32_t disk_reserve_percent = 10;
  uint64_t disk_reserve_mib = 2048;
  bool renew_admin_token = false;
};

void add_serve_options(CLI::App& verb, ServeOptions& options);

/// Fills what the command line left open from a JSON object whose members are the long option
/// names. Empty when fine, otherwise what is wrong.
std::string read_config_file(CLI::App& verb, const std::string& path);

/// Empty when complete, otherwise what is missing and where it comes from.
std::string check_serve_options(const ServeOptions& options);

/// "HOST:PORT" or "[IPv6]:PORT".
bool split_address(const std::string& text, std::string& host, int& port);

}  // namespace flotilla::controller::app
