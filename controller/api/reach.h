#pragma once

#include "controller/api/route.h"

/// What the paths of requests name, in the dimensions of a scope.
namespace flotilla::controller::api {

/// A device at no site is at none that a pattern names.
Reach reach_of(const Device& device);
/// Of everybody who may read it: sites do not concern a rollout.
std::vector<Reach> reach_of(const Rollout& rollout);

std::vector<Reach> reach_everything(const Parameters& parameters, const ControlPlane& plane);
std::vector<Reach> reach_model(const Parameters& parameters, const ControlPlane& plane);
std::vector<Reach> reach_model_class(const Parameters& parameters, const ControlPlane& plane);
std::vector<Reach> reach_alias(const Parameters& parameters, const ControlPlane& plane);
std::vector<Reach> reach_class(const Parameters& parameters, const ControlPlane& plane);
std::vector<Reach> reach_device(const Parameters& parameters, const ControlPlane& plane);
std::vector<Reach> reach_rollout(const Parameters& parameters, const ControlPlane& plane);

/// The rollout of a path's `id`; null: there is none.
const Rollout* find_rollout(const Parameters& parameters, const ControlPlane& plane);

}  // namespace flotilla::controller::api
