#pragma once

#include <string>
#include <vector>

#include "edge-client/adapters/config_error.h"
#include "edge-client/adapters/linux_runtime.h"
#include "edge-client/adapters/log.h"
#include "edge-client/adapters/tls_socket.h"
#include "edge-client/agent/agent.h"

namespace flotilla::edge {

/// One configured model: its slots and its application.
struct ModelConfig {
  uint64_t slot_size = 0;  ///< bytes
  RuntimeModel runtime;
};

/// Everything that the configuration file says, checked.
struct DaemonConfig {
  AgentConfig agent;
  TlsConfig tls;
  std::string keyset;  ///< file
  std::string state_folder;
  std::vector<ModelConfig> models;  ///< same order as agent.device.models
  LogLevel log_level = LogLevel::kInfo;
};

/// Reads and checks a configuration file; throws ConfigError. Relative paths in it are relative to
/// its folder. Without `device` the device id stays empty: see adopt_device_id().
DaemonConfig read_config(const std::string& path);
/// The device id is the certificate's common name; throws ConfigError when the file named another
/// or the name cannot be one.
void adopt_device_id(DaemonConfig& config, const std::string& common_name);
}  // namespace flotilla::edge
