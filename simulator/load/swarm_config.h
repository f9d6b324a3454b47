#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flotilla::sim {

/// How a share of the devices behaves, in per cent.
struct Misbehaviour {
  uint32_t crash = 0;      ///< the device restarts seconds after it loaded an update
  uint32_t revert = 0;     ///< the application says that an update is unhealthy
  uint32_t flood = 0;      ///< a health report every 200 ms
  uint32_t disappear = 0;  ///< gone for good as soon as an update is staged
};

/// How the devices reach the broker.
enum class Link : uint8_t {
  kSteady,  ///< always
  kFlaky,   ///< up for two minutes in the mean, down for five seconds
  kShifts,  ///< down for three tenths of each minute, each device at its own time
};

/// What one swarm process is told.
struct SwarmConfig {
  uint32_t index = 0;  ///< its part of the board
  uint32_t first = 0;  ///< number of its first device
  uint32_t devices = 0;
  std::string id_prefix = "load-";
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  std::string topic_prefix = "flotilla";
  std::string keyset_file;
  std::string identity;  ///< devices' keys are derived from it
  std::vector<std::string> classes;
  std::string model = "load";
  uint64_t slot_size = 0;
  uint32_t chunk_max = 0;
  uint32_t decoder_memory = 0;
  uint32_t ramp_s = 10;  ///< devices connect for the first time within this
  uint32_t first_window_s = 30;
  uint32_t health_interval_s = 60;
  uint16_t keep_alive_s = 60;
  uint64_t seed = 1;
  Link link = Link::kSteady;
  Misbehaviour misbehaviour;
  // Mutual TLS, when `ca` is not empty; certificates are named ID.crt and KEY.key.
  std::string ca;
  std::string server_name;
  std::string certificates;  ///< folder
};

std::string to_json(const SwarmConfig& config);
/// Throws on anything that to_json() did not write.
SwarmConfig swarm_config_from(const std::string& json);

/// "load-000042" of "load-".
std::string device_id(const std::string& prefix, uint32_t number);

/// Devices share this many key pairs: making one takes milliseconds.
inline constexpr uint32_t kKeyPairs = 64;
/// The class of device `number` among `count`.
constexpr uint32_t class_of(uint32_t number, size_t count) {
  return number % static_cast<uint32_t>(count);
}

}  // namespace flotilla::sim
