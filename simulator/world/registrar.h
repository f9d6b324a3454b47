#pragma once

#include <string>

#include "schemas/base/status.h"
#include "simulator/world/scenario.h"

namespace flotilla::sim {

class World;

/// What the operator does at the registry: makes images and registers versions with signed
/// releases, through the controller's commands.
class Registrar {
 public:
  explicit Registrar(World& world) : world_(world) {}

  /// "publish NUMBER [quality=good|self_test|unhealthy|degrades|crashes] [affected=PERCENT]"
  Status publish(const Words& words);
  Status define_classes();

 private:
  std::string image_bytes(const std::string& hardware_class, uint32_t number) const;

  World& world_;
};

}  // namespace flotilla::sim
