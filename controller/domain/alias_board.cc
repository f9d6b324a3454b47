#include "controller/domain/alias_board.h"

#include <algorithm>

#include "controller/domain/bounds.h"
#include "controller/domain/lifecycle.h"
#include "controller/domain/names.h"
#include "controller/domain/policies.h"
#include "controller/domain/text.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::alias_board {
namespace {

std::string object_of(const MoveAlias& c) {
  return cat("model/", c.model, "/alias/", c.alias);
}

std::string where(const MoveAlias& c) {
  return c.hardware_class.empty() ? "every class" : cat("class ", c.hardware_class);
}

Refused check_names(const MoveAlias& c) {
  if (is_valid_name(c.alias)) return std::nullopt;
  return refusal(Code::kInvalidArgument, cat("'", c.alias, "' is not a valid alias"),
                 "use 1 to 32 of a-z, 0-9, _ and -");
}

Refused find(const FleetState& state, const MoveAlias& c, const ModelVersion*& out) {
  const auto versions = state.models.find(c.model);
  if (versions != state.models.end()) {
    const auto found = versions->second.find(c.version);
    if (found != versions->second.end()) {
      out = &found->second;
      return std::nullopt;
    }
  }
  return refusal(Code::kNotFound, cat("version ", c.version, " of ", c.model, " does not exist"),
                 cat("versions: flotilla model show ", c.model));
}

/// The device runs the release and has computed its golden vectors, by its own signed word.
bool has_proven(const Device& device, const std::string& model, const Variant& variant) {
  if (device.retired || device.hardware_class != variant.hardware_class) return false;
  const auto found = device.models.find(model);
  return found != device.models.end() && found->second.attestation_valid &&
         found->second.confirmed_release == variant.release_digest &&
         found->second.confirmed_golden == variant.golden_digest;
}

/// Looked up among all devices: an alias is moved by hand, and rarely.
Refused check_proven(const FleetState& state, const MoveAlias& c, const Variant& variant) {
  const bool is_proven =
      std::any_of(state.devices.begin(), state.devices.end(),
                  [&](const auto& entry) { return has_proven(entry.second, c.model, variant); });
  if (is_proven) return std::nullopt;
  Refusal out = refusal(
      Code::kFailedPrecondition,
      cat("no device of class ", variant.hardware_class, " has attested golden vectors of ",
          c.model, " ", c.version, ", which ", c.alias, " needs"),
      cat("roll it out to a canary first: flotilla rollout start ", c.model, " ", c.version));
  out.rule = "golden_unproven";
  return out;
}

Refused check_variant(const FleetState& state, const MoveAlias& c, const Variant& variant) {
  const std::string& name = variant.hardware_class;
  const ReleaseState found = lifecycle::state_of(state, c.model, c.version, name);
  const bool is_champion = c.alias == kChampion;
  if (found == ReleaseState::kRevoked || (is_champion && found != ReleaseState::kReleased)) {
    Refusal out = refusal(
        Code::kFailedPrecondition,
        cat("version ", c.version, " of ", c.model, " is ", state_name(found), " on ", name),
        is_champion ? "a champion is released: flotilla model release"
                    : "choose a version that is not revoked");
    out.rule = "not_released";
    return out;
  }
  if (!policies::needs_golden(state, c.model, name, c.alias)) return std::nullopt;
  if (!variant.golden_digest.is_none()) return check_proven(state, c, variant);
  Refusal out =
      refusal(Code::kFailedPrecondition,
              cat("version ", c.version, " of ", c.model, " has no golden vectors for class ", name,
                  "; ", c.alias, " needs them on every class"),
              "push a version with --golden for each class");
  out.rule = "golden_missing";
  return out;
}

Refused check_target(const FleetState& state, const MoveAlias& c) {
  const ModelVersion* version = nullptr;
  if (Refused why = find(state, c, version)) return why;
  bool any = false;
  for (const Variant& variant : version->variants) {
    if (!c.hardware_class.empty() && variant.hardware_class != c.hardware_class) continue;
    any = true;
    if (Refused why = check_variant(state, c, variant)) return why;
  }
  if (any) return std::nullopt;
  return refusal(
      Code::kNotFound,
      cat("version ", c.version, " of ", c.model, " has no variant for ", c.hardware_class),
      cat("classes: flotilla model show ", c.model, " ", c.version));
}

Refused check_room(const FleetState& state, const MoveAlias& c) {
  if (state.aliases.contains({c.model, c.alias})) return std::nullopt;
  const auto count = std::count_if(state.aliases.begin(), state.aliases.end(),
                                   [&](const auto& entry) { return entry.first.first == c.model; });
  if (static_cast<size_t>(count) < kMaxAliases) return std::nullopt;
  return refusal(Code::kResourceExhausted, cat(c.model, " has ", kMaxAliases, " aliases already"),
                 "remove one: flotilla model alias remove");
}

std::string version_text(uint32_t version) {
  return version == 0 ? "none" : to_text(version);
}

Refused remove(StepContext& step, const MoveAlias& c) {
  const AliasKey key{c.model, c.alias};
  const auto found = step.state.aliases.find(key);
  const bool is_there =
      found != step.state.aliases.end() &&
      (c.hardware_class.empty() || found->second.classes.contains(c.hardware_class));
  if (!is_there) {
    return refusal(Code::kNotFound,
                   cat(c.model, " has no alias '", c.alias, "' of its own on ", where(c)),
                   cat("aliases: flotilla model alias list ", c.model));
  }
  step.audit("alias.removed", object_of(c), where(c));
  if (!c.hardware_class.empty()) found->second.classes.erase(c.hardware_class);
  const bool is_empty = found->second.version == 0 && found->second.classes.empty();
  if (c.hardware_class.empty() || is_empty) {
    step.drop_alias(key);
  } else {
    step.touch(found->second);
  }
  return std::nullopt;
}

}  // namespace

Refused move(StepContext& step, const MoveAlias& command) {
  if (Refused why = check_names(command)) return why;
  if (command.version == 0) return remove(step, command);
  if (Refused why = check_target(step.state, command)) return why;
  if (Refused why = check_room(step.state, command)) return why;
  Alias& kept = step.state.aliases[{command.model, command.alias}];
  const uint32_t before = version_on(kept, command.hardware_class);
  kept.model = command.model;
  kept.alias = command.alias;
  kept.moved = step.now;
  kept.moved_by = step.identity;
  if (command.hardware_class.empty()) {
    kept.version = command.version;
    kept.classes.clear();
  } else {
    kept.classes[command.hardware_class] = command.version;
  }
  step.touch(kept);
  step.audit("alias.moved", object_of(command),
             cat(where(command), ": ", version_text(before), " -> ", command.version));
  return std::nullopt;
}

uint32_t version_on(const Alias& alias, const std::string& hardware_class) {
  const auto found = alias.classes.find(hardware_class);
  return found == alias.classes.end() ? alias.version : found->second;
}

}  // namespace flotilla::controller::alias_board
