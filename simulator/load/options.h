#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulator/load/swarm_config.h"

namespace flotilla::sim {

/// What `flotilla-sim load` was asked for.
struct LoadOptions {
  uint32_t devices = 1000;
  uint32_t processes = 1;
  uint32_t brokers = 1;
  uint32_t classes = 1;
  double minutes = 10;
  uint32_t ramp_s = 0;              ///< 0: a second for each 500 devices (TLS: 50), at least 2
  uint32_t reconnect_window_s = 0;  ///< 0: a second for each 500 devices (TLS: 50), at least 10
  uint32_t image_kib = 16;
  uint32_t change_percent = 2;  ///< of an image's blocks from version to version
  uint32_t chunk_max = 4096;
  uint32_t canary_percent = 5;
  std::optional<uint32_t> start_window_s;  ///< default: a second for each 200 devices
  uint32_t health_interval_s = 60;
  uint32_t keep_alive_s = 60;
  uint64_t seed = 1;
  bool tls = false;
  Link link = Link::kSteady;
  Misbehaviour misbehaviour;
  std::optional<uint32_t> restart_broker_s;  ///< after the update's start
  double broker_down_s = 1;
  bool plain_display = false;
  bool keep = false;  ///< the folder with logs
  std::string json_file;
  std::string html_file;

  // An operator's own broker and controller.
  std::string broker;      ///< HOST:PORT
  std::string controller;  ///< URL
  std::string confirm;
  std::string token_file;
  std::string keyset_file;
  std::string prefix = "flotilla";
  std::string ca_folder;  ///< ca.crt and ca.key, to make the devices' certificates

  bool is_foreign() const { return !broker.empty() || !controller.empty(); }
  std::string command_line;
};

/// Empty options and a text for people: print it and end with `exit_code`.
struct ParsedLoad {
  std::optional<LoadOptions> options;
  std::string text;
  int exit_code = 0;
};

ParsedLoad parse_load(const std::vector<std::string>& arguments);

/// The soft limit of descriptors is raised to what the run needs; otherwise what to do instead.
std::string raise_descriptor_limit(const LoadOptions& options);

}  // namespace flotilla::sim
