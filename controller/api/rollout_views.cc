#include <array>

#include "controller/api/reasons.h"
#include "controller/api/views.h"
#include "controller/domain/names.h"

namespace flotilla::controller::api {

namespace {

constexpr size_t kStates = static_cast<size_t>(AssignmentState::kExpired) + 1;

/// Devices by assignment state.
struct Counts {
  std::array<uint64_t, kStates> by_state{};
  uint64_t total = 0;
  uint64_t rolled_back = 0;

  void add(const Assignment& assignment) {
    ++by_state[static_cast<size_t>(assignment.state)];
    ++total;
    if (assignment.rolled_back) ++rolled_back;
  }
};

Json counts_json(const Counts& counts) {
  Json body = {{"total", counts.total}, {"rolled_back", counts.rolled_back}};
  for (size_t i = 0; i < kStates; ++i) {
    body[state_name(static_cast<AssignmentState>(i))] = counts.by_state[i];
  }
  return body;
}

std::string class_of(const ControlPlane& plane, const std::string& device) {
  const auto found = plane.devices().find(device);
  return found == plane.devices().end() ? "" : found->second.hardware_class;
}

Json failure_json(const Assignment& assignment, const std::string& hardware_class) {
  return {{"device", assignment.device},
          {"hardware_class", hardware_class},
          {"wave", assignment.wave},
          {"state", state_name(assignment.state)},
          {"reason", reason_name(assignment.reason)},
          {"reason_text", reason_text(assignment.reason)},
          {"remedy", reason_remedy(assignment.reason)},
          {"detail", assignment.detail},
          {"changed", time_json(assignment.changed)}};
}

Json assignment_json(const Assignment& assignment, const std::string& hardware_class) {
  return {{"device", assignment.device},
          {"hardware_class", hardware_class},
          {"wave", assignment.wave},
          {"state", state_name(assignment.state)},
          {"reason", reason_name(assignment.reason)},
          {"detail", assignment.detail},
          {"rolled_back", assignment.rolled_back},
          {"chunks_done", assignment.chunks_done},
          {"chunks_total", assignment.chunks_total},
          {"bytes_received", assignment.bytes_received},
          {"changed", time_json(assignment.changed)}};
}

Json transfer_ids_json(const std::vector<TransferId>& transfers) {
  Json ids = Json::array();
  for (const TransferId id : transfers) ids.push_back(to_hex(id).view());
  return ids;
}

Json target_json(const RolloutTarget& target, const Counts& counts, const std::string& trouble) {
  return {{"hardware_class", target.hardware_class},
          {"release_digest", digest_json(target.release_digest)},
          {"previous_release", digest_json(target.previous_release)},
          {"previous_version", target.previous_version},
          {"transfers", transfer_ids_json(target.transfers)},
          {"previous_transfers", transfer_ids_json(target.previous_transfers)},
          {"trouble", trouble},
          {"counts", counts_json(counts)}};
}

Json base_json(const Rollout& rollout) {
  return {{"id", rollout.id},
          {"model", rollout.model},
          {"version", rollout.version},
          {"state", state_name(rollout.state)},
          {"state_reason", rollout.state_reason},
          {"started_by", rollout.started_by},
          {"created", time_json(rollout.created)},
          {"finished", time_json(rollout.finished)}};
}

Json waves_json(const std::vector<Wave>& waves) {
  Json out = Json::array();
  for (const Wave& wave : waves) {
    out.push_back({{"number", wave.number},
                   {"opened", time_json(wave.opened)},
                   {"last_outcome", time_json(wave.last_outcome)}});
  }
  return out;
}

}  // namespace

Json policy_json(const RolloutPolicy& policy) {
  return {{"canary_percent", policy.canary_percent},
          {"canary_count", policy.canary_count},
          {"max_failure_percent", policy.max_failure_percent},
          {"min_attempted", policy.min_attempted},
          {"soak_s", policy.soak_s},
          {"rollback_on_halt", policy.rollback_on_halt},
          {"healthy_for_s", policy.healthy_for_s},
          {"trial_deadline_s", policy.trial_deadline_s},
          {"trial_attempts", policy.trial_attempts},
          {"start_window_s", policy.start_window_s},
          {"expires_s", policy.expires_s}};
}

Json rollout_summary_json(const Rollout& rollout,
                          const std::map<std::string, Assignment>& assignments) {
  Counts counts;
  for (const auto& [device, assignment] : assignments) counts.add(assignment);
  Json body = base_json(rollout);
  body["counts"] = counts_json(counts);
  return body;
}

Json assignments_json(const ControlPlane& plane, uint32_t rollout, size_t limit,
                      const DeviceFilter& visible) {
  Json out = Json::array();
  for (const auto& [device, assignment] : plane.assignments(rollout)) {
    if (out.size() == limit) break;
    if (!visible(plane.devices().at(device))) continue;
    out.push_back(assignment_json(assignment, class_of(plane, device)));
  }
  return out;
}

Json rollout_json(const Rollout& rollout, const ControlPlane& plane, size_t max_failures,
                  const DeviceFilter& visible) {
  Counts total;
  std::map<std::string, Counts> by_class;
  Json failures = Json::array();
  uint64_t failure_count = 0;
  for (const auto& [device, assignment] : plane.assignments(rollout.id)) {
    const std::string hardware_class = class_of(plane, device);
    total.add(assignment);
    by_class[hardware_class].add(assignment);
    if (!is_failure(assignment.state)) continue;
    if (++failure_count <= max_failures && visible(plane.devices().at(device))) {
      failures.push_back(failure_json(assignment, hardware_class));
    }
  }
  Json classes = Json::array();
  for (const RolloutTarget& target : rollout.targets) {
    classes.push_back(
        target_json(target, by_class[target.hardware_class], plane.trouble(rollout, target)));
  }
  Json body = base_json(rollout);
  body["policy"] = policy_json(rollout.policy);
  body["counts"] = counts_json(total);
  body["classes"] = std::move(classes);
  body["waves"] = waves_json(rollout.waves);
  body["failures"] = std::move(failures);
  body["failure_count"] = failure_count;
  return body;
}

}  // namespace flotilla::controller::api
