#pragma once

#include <atomic>
#include <functional>

#include "simulator/load/device_keys.h"
#include "simulator/load/plant.h"
#include "simulator/load/swarm_config.h"

namespace flotilla::sim {

/// A run of device numbers that belong to one plant.
struct Share {
  Plant* plant = nullptr;
  uint32_t first = 0;
  uint32_t count = 0;
};

/// What the devices are called and which class each has.
struct Naming {
  std::string id_prefix;
  std::vector<std::string> classes;
};

/// Enrols the devices of a share by the API, over several connections. `done` counts them. Throws
/// LoadError with the first refusal.
void enrol(const Share& share, const Naming& naming, DeviceKeys& keys, std::atomic<uint64_t>& done,
           const Interrupted& interrupted);

/// Takes them back; failures are ignored: the run is over.
void retire(const Share& share, const Naming& naming);

}  // namespace flotilla::sim
