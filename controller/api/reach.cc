#include "controller/api/reach.h"

#include <algorithm>
#include <charconv>

namespace flotilla::controller::api {

bool Access::sees(const Device& device) const {
  return sees(reach_of(device));
}

bool Access::sees(const Rollout& rollout) const {
  const std::vector<Reach> reaches = reach_of(rollout);
  return std::all_of(reaches.begin(), reaches.end(), [&](const Reach& r) { return sees(r); });
}

Reach reach_of(const Device& device) {
  return {"", device.hardware_class, device.site.empty() ? kEvery : device.site, ""};
}

std::vector<Reach> reach_of(const Rollout& rollout) {
  std::vector<Reach> out;
  for (const RolloutTarget& target : rollout.targets) {
    out.push_back({rollout.model, target.hardware_class, "", ""});
  }
  return out;
}

std::vector<Reach> reach_everything(const Parameters&, const ControlPlane&) {
  return {{kEvery, kEvery, kEvery, kEvery}};
}

std::vector<Reach> reach_model(const Parameters& parameters, const ControlPlane&) {
  return {{parameters.at("model"), "", "", ""}};
}

std::vector<Reach> reach_model_class(const Parameters& parameters, const ControlPlane&) {
  return {{parameters.at("model"), parameters.at("class"), "", ""}};
}

std::vector<Reach> reach_alias(const Parameters& parameters, const ControlPlane&) {
  return {{parameters.at("model"), "", "", parameters.at("alias")}};
}

std::vector<Reach> reach_class(const Parameters& parameters, const ControlPlane&) {
  return {{"", parameters.at("name"), "", ""}};
}

std::vector<Reach> reach_device(const Parameters& parameters, const ControlPlane& plane) {
  const auto found = plane.devices().find(parameters.at("id"));
  if (found == plane.devices().end()) return {};
  return {reach_of(found->second)};
}

std::vector<Reach> reach_rollout(const Parameters& parameters, const ControlPlane& plane) {
  const Rollout* rollout = find_rollout(parameters, plane);
  return rollout == nullptr ? std::vector<Reach>{} : reach_of(*rollout);
}

const Rollout* find_rollout(const Parameters& parameters, const ControlPlane& plane) {
  const std::string& text = parameters.at("id");
  uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) return nullptr;
  const auto found = plane.rollouts().find(id);
  return found == plane.rollouts().end() ? nullptr : &found->second;
}

}  // namespace flotilla::controller::api
