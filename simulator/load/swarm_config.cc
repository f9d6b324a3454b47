#include "simulator/load/swarm_config.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace flotilla::sim {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Misbehaviour, crash, revert, flood, disappear)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SwarmConfig, index, first, devices, id_prefix, host, port,
                                   topic_prefix, keyset_file, identity, classes, model, slot_size,
                                   chunk_max, decoder_memory, ramp_s, first_window_s,
                                   health_interval_s, keep_alive_s, seed, link, misbehaviour, ca,
                                   server_name, certificates)

std::string to_json(const SwarmConfig& config) {
  return nlohmann::json(config).dump();
}

SwarmConfig swarm_config_from(const std::string& json) {
  return nlohmann::json::parse(json).get<SwarmConfig>();
}

std::string device_id(const std::string& prefix, uint32_t number) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%06u", number);
  return prefix + digits;
}

}  // namespace flotilla::sim
