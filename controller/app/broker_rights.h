#pragma once

#include <map>
#include <string>

#include "controller/domain/records.h"
#include "schemas/protocol/topics.h"

namespace flotilla::controller::app {

/// Common names of the controller's own certificates. They contain a dot, which device ids may not;
/// one without is left out.
struct ServiceNames {
  std::string controller;
  std::string auditor;
};

/// Access rules of a Mosquitto `acl_file`: one block for each of the controller's connections and
/// one for each enrolled device, in byte order of the ids. Whatever is not named is forbidden.
std::string broker_rights(const Topics& topics, const std::map<std::string, Device>& devices,
                          const ServiceNames& services);

}  // namespace flotilla::controller::app
