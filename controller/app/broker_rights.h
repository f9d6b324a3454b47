#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/domain/records.h"
#include "schemas/protocol/topics.h"

namespace flotilla::controller::app {

/// Access rules of a Mosquitto `acl_file`: one block for each enrolled device, in byte order of the
/// ids, and one for each of the controller's connections. Whatever is not named is forbidden.
/// `services`: their certificates' common names, which contain a dot; others are left out.
std::string broker_rights(const Topics& topics, const std::map<std::string, Device>& devices,
                          const std::vector<std::string>& services);

}  // namespace flotilla::controller::app
