#include <algorithm>
#include <set>

#include "controller/domain/bounds.h"
#include "controller/domain/lifecycle.h"
#include "controller/domain/names.h"
#include "controller/domain/retention.h"
#include "controller/domain/revocations.h"
#include "controller/domain/rollout_machine.h"
#include "controller/domain/rollout_parts.h"
#include "controller/domain/text.h"
#include "controller/domain/transfer_planner.h"

namespace flotilla::controller::rollout_machine {
namespace {

constexpr uint32_t kMinute = 60;
constexpr uint32_t kDay = 24 * 3600;

struct Range {
  const char* name;
  uint64_t value;
  uint64_t low;
  uint64_t high;
};

Refused check_policy(const RolloutPolicy& p) {
  const Range ranges[] = {
      {"canary_percent", p.canary_percent, 1, 100},
      {"canary_count", p.canary_count, 0, kMaxDevices},
      {"max_failure_percent", p.max_failure_percent, 0, 100},
      {"min_attempted", p.min_attempted, 1, kMaxDevices},
      {"soak_s", p.soak_s, 0, 30 * kDay},
      {"trial_deadline_s", p.trial_deadline_s, 1, 7 * kDay},
      {"healthy_for_s", p.healthy_for_s, 0, p.trial_deadline_s},
      {"trial_attempts", p.trial_attempts, 1, 100},
      {"start_window_s", p.start_window_s, 0, 7 * kDay},
      {"expires_s", p.expires_s, kMinute, 3650 * kDay},
  };
  for (const Range& r : ranges) {
    if (r.value >= r.low && r.value <= r.high) continue;
    return refusal(Code::kOutOfRange,
                   cat(r.name, " ", r.value, " is not within ", r.low, " to ", r.high),
                   "correct the policy");
  }
  return std::nullopt;
}

Refused check_version(const FleetState& state, const StartRollout& command) {
  const auto versions = state.models.find(command.model);
  if (versions == state.models.end()) {
    return refusal(Code::kNotFound, cat("model '", command.model, "' does not exist"),
                   "publish a version first");
  }
  const auto version = versions->second.find(command.version);
  if (version != versions->second.end() && is_deleted(version->second)) {
    return retention::bytes_deleted(version->second,
                                    "push the model again, and roll out that version");
  }
  if (version != versions->second.end()) return std::nullopt;
  return refusal(Code::kNotFound,
                 cat("model ", command.model, " has no version ", command.version,
                     "; its newest is ", versions->second.rbegin()->first),
                 "check the version");
}

/// The classes that were named, or every class that has a variant.
std::set<std::string> classes_of(const FleetState& state, const StartRollout& command) {
  std::set<std::string> out(command.hardware_classes.begin(), command.hardware_classes.end());
  if (!out.empty()) return out;
  for (const Variant& v : state.models.at(command.model).at(command.version).variants)
    out.insert(v.hardware_class);
  return out;
}

Refused check_class(const FleetState& state, const StartRollout& command,
                    const std::string& hardware_class) {
  const auto found = state.classes.find(hardware_class);
  if (found == state.classes.end()) {
    return refusal(Code::kNotFound, cat("hardware class '", hardware_class, "' does not exist"),
                   "check the class");
  }
  const Variant* variant = state.find_variant(command.model, command.version, hardware_class);
  if (variant == nullptr) {
    return refusal(Code::kFailedPrecondition,
                   cat("version ", command.version, " of ", command.model,
                       " has no variant for class ", hardware_class),
                   "publish a version with a variant for it");
  }
  if (variant->release_digest.is_none()) {
    return refusal(Code::kFailedPrecondition,
                   cat("version ", command.version, " of ", command.model, " for class ",
                       hardware_class, " is a draft: nobody has signed it"),
                   cat("flotilla model sign ", command.model, " ", command.version, " --class ",
                       hardware_class, " --key release.key"));
  }
  if (variant->image_size > found->second.slot_size) {
    return refusal(Code::kFailedPrecondition,
                   cat("the image for ", hardware_class, " has ", variant->image_size,
                       " bytes; a slot of the class holds ", found->second.slot_size),
                   "publish a smaller image");
  }
  return std::nullopt;
}

/// Only what is released; back to what was released, in an emergency.
Refused check_released(const FleetState& state, const StartRollout& command,
                       const std::string& hardware_class) {
  const ReleaseState found =
      lifecycle::state_of(state, command.model, command.version, hardware_class);
  const bool is_way_back = command.emergency && found == ReleaseState::kDeprecated;
  if (found == ReleaseState::kReleased || is_way_back) return std::nullopt;
  const std::string version = cat(command.model, " ", command.version);
  Refusal out = refusal(Code::kFailedPrecondition,
                        cat("version ", command.version, " of ", command.model, " is ",
                            state_name(found), " on class ", hardware_class, ", not released"),
                        cat("what it lacks: flotilla policy check ", version,
                            "; then flotilla model release ", version));
  if (found == ReleaseState::kDeprecated)
    out.remedy = "choose a released version, or go back to it with --emergency";
  if (found == ReleaseState::kRevoked) out.remedy = "choose another version";
  out.rule = "not_released";
  return out;
}

Refused check_live(const FleetState& state, const StartRollout& command,
                   const std::set<std::string>& classes) {
  size_t live = 0;
  for (const auto& [id, rollout] : state.rollouts) {
    if (!is_live(rollout.state)) continue;
    ++live;
    if (rollout.model != command.model) continue;
    for (const RolloutTarget& target : rollout.targets) {
      if (classes.count(target.hardware_class) == 0) continue;
      return refusal(
          Code::kFailedPrecondition,
          cat("rollout ", id, " is moving ", rollout.model, " on class ", target.hardware_class),
          cat("wait for rollout ", id, ", or halt it"));
    }
  }
  if (live < kMaxLiveRollouts) return std::nullopt;
  return refusal(Code::kResourceExhausted, cat("there are ", live, " live rollouts already"),
                 "wait until one of them ends");
}

/// A rollout that can move nobody is a mistake: a wrong class, or devices not enrolled yet. One
/// device that may take part is enough; further classes may still be empty.
Refused check_devices(const FleetState& state, const StartRollout& command,
                      const std::set<std::string>& classes) {
  size_t enrolled = 0;
  for (const auto& [id, device] : state.devices) {
    if (device.retired || classes.count(device.hardware_class) == 0) continue;
    if (may_take_part(device, device.hardware_class, command.model)) return std::nullopt;
    ++enrolled;
  }
  std::string names;
  for (const std::string& name : classes) names += cat(names.empty() ? "" : ", ", name);
  if (enrolled == 0) {
    return refusal(Code::kFailedPrecondition, cat("no device of class ", names, " is enrolled"),
                   "enrol one: flotilla device enrol");
  }
  return refusal(Code::kFailedPrecondition,
                 cat("none of the ", enrolled, " devices of class ", names, " can take part: they ",
                     "do not serve ", command.model, ", claim another class or share an id"),
                 "see flotilla device why for each");
}

Refused check(const FleetState& state, const StartRollout& command) {
  if (Refused why = check_version(state, command)) return why;
  const std::set<std::string> classes = classes_of(state, command);
  for (const std::string& name : classes) {
    if (Refused why = check_class(state, command, name)) return why;
    if (Refused why = check_released(state, command, name)) return why;
  }
  if (Refused why = check_policy(command.policy)) return why;
  if (Refused why = check_live(state, command, classes)) return why;
  return check_devices(state, command, classes);
}

// ---- what a rollback would return to

struct Previous {
  Digest release;
  uint32_t version = 0;
};

Previous release_of(const FleetState& state, const std::string& model, uint32_t version,
                    const std::string& hardware_class) {
  const Variant* variant = state.find_variant(model, version, hardware_class);
  return variant == nullptr ? Previous{} : Previous{variant->release_digest, version};
}

/// The release that most eligible devices of the class measure.
Previous most_frequent(const FleetState& state, const std::string& model,
                       const std::string& hardware_class) {
  std::map<uint32_t, uint32_t> frequency;
  for (const auto& [number, version] : state.models.at(model)) {
    const Variant* variant = state.find_variant(model, number, hardware_class);
    if (variant == nullptr) continue;
    for (const auto& [id, device] : state.devices) {
      if (is_eligible(device, hardware_class, model) &&
          device.models.at(model).reported.active_digest == variant->image_digest)
        ++frequency[number];
    }
  }
  const auto best =
      std::max_element(frequency.begin(), frequency.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return best == frequency.end() ? Previous{}
                                 : release_of(state, model, best->first, hardware_class);
}

/// What stands for the class; when that is held back or is the same release, what stood before it;
/// when nothing ever stood, what the devices run.
Previous previous_of(const FleetState& state, const StartRollout& command,
                     const std::string& hardware_class) {
  const StandingDirective* standing = state.find_standing(hardware_class, command.model);
  if (standing == nullptr) {
    const Previous found = most_frequent(state, command.model, hardware_class);
    return found.version == command.version ? Previous{} : found;
  }
  const Directive& directive = standing->directive;
  if (directive.verb != Verb::kHold && directive.version != command.version)
    return {directive.release_digest, directive.version};
  const Rollout& last = state.rollouts.at(directive.rollout);
  const RolloutTarget* target = find_target(last, hardware_class);
  if (target == nullptr || target->previous_version == command.version) return {};
  return {target->previous_release, target->previous_version};
}

RolloutTarget target_for(const FleetState& state, const StartRollout& command,
                         const std::string& hardware_class) {
  RolloutTarget out;
  out.hardware_class = hardware_class;
  out.release_digest =
      state.find_variant(command.model, command.version, hardware_class)->release_digest;
  const Previous previous = previous_of(state, command, hardware_class);
  // Nothing returns to what is revoked.
  if (revocations::is_revoked(state, command.model, previous.version, hardware_class)) return out;
  out.previous_release = previous.release;
  out.previous_version = previous.version;
  return out;
}

Rollout& create(StepContext& step, const StartRollout& command) {
  const uint32_t id = step.state.meta.next_rollout++;
  Rollout& rollout = step.state.rollouts[id];
  rollout.id = id;
  rollout.model = command.model;
  rollout.version = command.version;
  rollout.started_by = step.actor;
  rollout.policy = command.policy;
  rollout.salt = command.salt;
  rollout.created = step.now;
  for (const std::string& name : classes_of(step.state, command))
    rollout.targets.push_back(target_for(step.state, command, name));
  step.touch(rollout);
  step.touch_meta();
  return rollout;
}

}  // namespace

Refused start(StepContext& step, const StartRollout& command) {
  if (Refused why = check(step.state, command)) return why;
  Rollout& rollout = create(step, command);
  std::string classes;
  for (const RolloutTarget& target : rollout.targets) classes += cat(" ", target.hardware_class);
  step.audit("rollout.draft", object_of(rollout),
             cat(command.emergency ? "emergency: " : "", "version ", rollout.version, " of ",
                 rollout.model, " to", classes));
  enter(step, rollout, RolloutState::kPreparing, "builds the payloads");
  transfer_planner::request_builds(step);
  step.result().created_rollout = rollout.id;
  return std::nullopt;
}

}  // namespace flotilla::controller::rollout_machine
