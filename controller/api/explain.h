#pragma once

#include "controller/api/json.h"
#include "controller/domain/control_plane.h"

namespace flotilla::controller::api {

/// Where a device stands with each model and why, in plain sentences with a remedy: what it last
/// said, which directive it has or has not got, what it is offered, how its last attempt ended.
Json explain(const ControlPlane& plane, const Device& device, Hasher& hasher, WallTime now,
             bool broker_connected);

}  // namespace flotilla::controller::api
