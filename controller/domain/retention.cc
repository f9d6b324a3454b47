#include "controller/domain/retention.h"

#include <map>

#include "controller/domain/bounds.h"
#include "controller/domain/names.h"
#include "controller/domain/text.h"

namespace flotilla::controller::retention {
namespace {

/// Why an image or a version is needed, by what names it; the first reason wins.
struct Needs {
  std::map<std::pair<std::string, Digest>, std::string> images;  ///< class, image
  std::map<VersionKey, std::string> versions;

  void image(const std::string& hardware_class, const Digest& digest, const std::string& why) {
    if (!digest.is_none()) images.try_emplace({hardware_class, digest}, why);
  }
  void version(const std::string& model, uint32_t number, const std::string& why) {
    if (number != 0) versions.try_emplace({model, number}, why);
  }
};

void add_devices(const FleetState& state, Needs& needs) {
  for (const auto& [id, device] : state.devices) {
    if (device.retired) continue;
    for (const auto& [model, kept] : device.models) {
      needs.image(device.hardware_class, kept.reported.active_digest, cat("runs on device ", id));
    }
  }
  for (const auto& [id, device] : state.devices) {
    if (device.retired) continue;
    for (const auto& [model, kept] : device.models) {
      needs.image(device.hardware_class, kept.reported.spare_digest,
                  cat("device ", id, " can go back to it"));
    }
  }
}

/// What stands for a class, what a rollback of it would bring, and what a rollout is moving.
void add_rollouts(const FleetState& state, Needs& needs) {
  for (const auto& [id, rollout] : state.rollouts) {
    for (const RolloutTarget& target : rollout.targets) {
      const bool stands = state.owns_directive(rollout, target.hardware_class);
      if (!stands && !is_live(rollout.state)) continue;
      needs.version(rollout.model, rollout.version,
                    cat("rollout ", id, stands ? " stands for class " : " moves class ",
                        target.hardware_class));
      needs.version(
          rollout.model, target.previous_version,
          cat("rollout ", id, " would roll class ", target.hardware_class, " back to it"));
    }
  }
}

void add_aliases(const FleetState& state, Needs& needs) {
  for (const auto& [key, alias] : state.aliases) {
    const std::string why = cat("alias ", alias.alias, " names it");
    needs.version(alias.model, alias.version, why);
    for (const auto& [name, version] : alias.classes) needs.version(alias.model, version, why);
  }
}

bool was_rolled_out(const FleetState& state, const Lifecycle& of) {
  return std::any_of(state.rollouts.begin(), state.rollouts.end(), [&](const auto& row) {
    return row.second.model == of.model && row.second.version == of.version;
  });
}

/// What people still work on, or have agreed to and no rollout brought yet.
void add_unreleased(const FleetState& state, Needs& needs) {
  for (const auto& [key, lifecycle] : state.lifecycles) {
    const bool is_agreed = !lifecycle.approvals.empty() && !was_rolled_out(state, lifecycle);
    for (const auto& [name, standing] : lifecycle.classes) {
      const bool waits = is_agreed && standing.state == ReleaseState::kReleased;
      if (standing.state > ReleaseState::kApproved && !waits) continue;
      needs.version(lifecycle.model, lifecycle.version,
                    cat("it is ", state_name(standing.state), " on class ", name,
                        waits ? ", approved, and no rollout brought it yet" : ""));
    }
  }
}

std::string reason_of(const FleetState& state, const Needs& needs, const ModelVersion& version,
                      Duration older_than, WallTime now) {
  if (version.pinned) return cat("pinned by ", version.pinned_by);
  const auto named = needs.versions.find({version.model, version.version});
  if (named != needs.versions.end()) return named->second;
  for (const Variant& variant : version.variants) {
    const auto image = needs.images.find({variant.hardware_class, variant.image_digest});
    if (image != needs.images.end()) return image->second;
    if (variant.release_digest.is_none())
      return cat("waits for a signature on class ", variant.hardware_class);
  }
  const auto& versions = state.models.at(version.model);
  if (versions.rbegin()->first == version.version) return cat("the newest of ", version.model);
  if (!has_passed(version.created, older_than, now)) return "too young";
  return "";
}

std::string object_of(const ModelVersion& version) {
  return cat("model/", version.model, "/", version.version);
}

}  // namespace

void add_artifacts(const ModelVersion& version, std::set<Digest>& out) {
  for (const Variant& variant : version.variants) {
    out.insert({variant.image_digest, variant.golden_digest, variant.facts.inventory});
  }
}

std::vector<Fate> plan(const FleetState& state, Duration older_than, WallTime now) {
  Needs needs;
  add_devices(state, needs);
  add_rollouts(state, needs);
  add_aliases(state, needs);
  add_unreleased(state, needs);
  std::vector<Fate> out;
  std::set<Digest> counted;  // images that stay, or whose bytes were counted already
  for (const auto& [model, versions] : state.models) {
    for (const auto& [number, version] : versions) {
      if (is_deleted(version)) continue;
      out.push_back({&version, reason_of(state, needs, version, older_than, now), 0});
      if (!out.back().reason.empty()) add_artifacts(version, counted);
    }
  }
  for (Fate& fate : out) {
    if (!fate.reason.empty()) continue;
    for (const Variant& variant : fate.version->variants) {
      if (counted.insert(variant.image_digest).second) fate.bytes += variant.image_size;
    }
  }
  return out;
}

std::set<Digest> needed_artifacts(const FleetState& state) {
  std::set<Digest> out;
  for (const auto& [model, versions] : state.models) {
    for (const auto& [number, version] : versions) {
      if (!is_deleted(version)) add_artifacts(version, out);
    }
  }
  for (const auto& [id, transfer] : state.transfers) out.insert(transfer.payload_file);
  return out;
}

Refusal bytes_deleted(const ModelVersion& version, std::string remedy) {
  return refusal(Code::kFailedPrecondition,
                 cat("the bytes of version ", version.version, " of ", version.model,
                     " were deleted by ", version.deleted_by),
                 std::move(remedy));
}

Refused pin(StepContext& step, const PinVersion& command) {
  const auto versions = step.state.models.find(command.model);
  const bool known =
      versions != step.state.models.end() && versions->second.contains(command.version);
  if (!known) {
    return refusal(Code::kNotFound,
                   cat("version ", command.version, " of ", command.model, " does not exist"),
                   "name a version that was registered");
  }
  ModelVersion& version = versions->second.at(command.version);
  if (command.pinned && is_deleted(version)) {
    return bytes_deleted(version, "push the model again");
  }
  if (version.pinned == command.pinned) return std::nullopt;
  version.pinned = command.pinned;
  version.pinned_by = command.pinned ? step.actor : "";
  step.touch(version);
  step.audit(command.pinned ? "version.pinned" : "version.unpinned", object_of(version),
             command.reason);
  return std::nullopt;
}

Refused remove(StepContext& step, const DeleteVersions& command) {
  RemoveArtifacts effect;
  std::set<Digest> gone;
  for (const Fate& fate : plan(step.state, command.older_than, step.now)) {
    if (!fate.reason.empty()) continue;
    ModelVersion& version = step.state.models.at(fate.version->model).at(fate.version->version);
    version.deleted = step.now;
    version.deleted_by = step.actor;
    step.touch(version);
    std::string detail = cat(fate.bytes, " bytes of images freed;");
    for (const Variant& variant : version.variants)
      detail += cat(" ", variant.hardware_class, " ", to_hex(variant.image_digest).view());
    step.audit("version.deleted", object_of(version), detail);
    add_artifacts(version, gone);
  }
  const std::set<Digest> needed = needed_artifacts(step.state);
  for (const Digest& digest : gone) {
    if (!digest.is_none() && !needed.contains(digest)) effect.artifacts.push_back(digest);
  }
  if (!effect.artifacts.empty()) step.emit(std::move(effect));
  return std::nullopt;
}

}  // namespace flotilla::controller::retention
