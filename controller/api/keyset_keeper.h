#pragma once

#include <memory>
#include <string>

#include "controller/artifact/fleet_keys.h"

namespace flotilla::controller::api {

/// Who keeps the keyset that devices are to have. Loop thread only.
class KeysetKeeper {
 public:
  virtual std::shared_ptr<const FleetKeys> current() const = 0;
  /// Why this controller could not speak under these keys; empty: it can.
  virtual std::string objection(const Keyset& next) const = 0;

 protected:
  ~KeysetKeeper() = default;
};

}  // namespace flotilla::controller::api
