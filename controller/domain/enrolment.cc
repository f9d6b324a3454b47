#include "controller/domain/bounds.h"
#include "controller/domain/fleet_table.h"
#include "controller/domain/model_registry.h"
#include "controller/domain/text.h"
#include "schemas/protocol/trust.h"

namespace flotilla::controller::fleet_table {
namespace {

Refused invalid(std::string message, std::string remedy) {
  return refusal(Code::kInvalidArgument, std::move(message), std::move(remedy));
}

Refused check_labels(const std::map<std::string, std::string>& labels) {
  if (labels.size() > kMaxLabels) {
    return invalid(cat(labels.size(), " labels are more than ", kMaxLabels), "use fewer labels");
  }
  for (const auto& [key, value] : labels) {
    if (key.empty() || key.size() > kMaxLabelKey || value.size() > kMaxLabelValue) {
      return invalid(cat("label '", key.substr(0, kMaxLabelKey), "' has ", key.size(), " bytes of ",
                         kMaxLabelKey, ", its value ", value.size(), " of ", kMaxLabelValue),
                     "shorten it");
    }
  }
  return std::nullopt;
}

Refused check_identity(const EnrolDevice& command) {
  if (!is_valid_device_id(command.id)) {
    return invalid(cat("'", command.id, "' is not a valid device id"),
                   "use a certificate whose common name is 1 to 64 of a-z, 0-9, _ and -");
  }
  if (!is_valid_name(command.hardware_class)) {
    return invalid(cat("'", command.hardware_class, "' is not a valid class name"),
                   "use 1 to 32 of a-z, 0-9, _ and -");
  }
  if (!command.site.empty() && !is_valid_name(command.site)) {
    return invalid(cat("'", command.site, "' is not a valid site name"),
                   "use 1 to 32 of a-z, 0-9, _ and -");
  }
  if (command.public_key == PublicKey{}) {
    return invalid("the device has no public key", "enrol it with its certificate");
  }
  return check_labels(command.labels);
}

Refused check(const FleetState& state, const EnrolDevice& command) {
  if (Refused why = check_identity(command)) return why;
  const auto known = state.devices.find(command.id);
  if (known == state.devices.end()) {
    if (state.devices.size() < kMaxDevices) return std::nullopt;
    return refusal(Code::kResourceExhausted, cat("there are ", kMaxDevices, " devices already"),
                   "start a second controller for the rest");
  }
  if (!known->second.retired && known->second.hardware_class != command.hardware_class) {
    return refusal(Code::kAlreadyExists,
                   cat("device ", command.id, " is enrolled as class ",
                       known->second.hardware_class, ", not ", command.hardware_class),
                   "retire it first, then enrol it again");
  }
  return std::nullopt;
}

void enrol_new(StepContext& step, const EnrolDevice& command) {
  Device device;
  device.id = command.id;
  device.hardware_class = command.hardware_class;
  device.site = command.site;
  device.labels = command.labels;
  device.public_key = command.public_key;
  device.shard = device_shard(step.hasher, command.id);
  device.enrolled = step.now;
  Device& kept = step.state.devices[command.id] = std::move(device);
  step.touch(kept);
  step.audit("device.enrolled", cat("device/", kept.id),
             cat("class ", kept.hardware_class, kept.site.empty() ? "" : ", site ", kept.site,
                 ", key ", hex_text(kept.public_key)),
             as_text(kept.public_key));
  step.emit(RegenerateRights{});
}

/// Site, labels and key may change, what was not given stays; a suspected duplicate is cleared,
/// since the operator has looked.
void enrol_again(StepContext& step, Device& device, const EnrolDevice& command) {
  const std::string site = command.site.empty() ? device.site : command.site;
  const auto labels = command.labels.empty() ? device.labels : command.labels;
  std::string changes;
  if (device.site != site) changes += cat(" site ", site);
  if (device.labels != labels) changes += " labels";
  if (device.public_key != command.public_key)
    changes += cat(" key ", hex_text(command.public_key));
  if (device.duplicate_suspected) changes += " duplicate cleared";
  if (changes.empty()) return;
  const bool has_new_key = device.public_key != command.public_key;
  device.site = site;
  device.labels = labels;
  device.public_key = command.public_key;
  if (has_new_key) {
    for (auto& row : device.models) row.second.attestation_valid = false;
  }
  device.duplicate_suspected = false;
  device.previous_incarnation = 0;
  step.touch(device);
  step.audit("device.changed", cat("device/", device.id), cat("changed:", changes),
             has_new_key ? as_text(device.public_key) : std::string_view());
  step.emit(RegenerateRights{});
}

}  // namespace

Refused enrol(StepContext& step, const EnrolDevice& command) {
  if (Refused why = check(step.state, command)) return why;
  if (Refused why = model_registry::ensure_class(step, command.hardware_class)) return why;
  const auto known = step.state.devices.find(command.id);
  if (known == step.state.devices.end() || known->second.retired) {
    enrol_new(step, command);
  } else {
    enrol_again(step, known->second, command);
  }
  return std::nullopt;
}

Refused retire(StepContext& step, const RetireDevice& command) {
  const auto known = step.state.devices.find(command.id);
  if (known == step.state.devices.end()) {
    return refusal(Code::kNotFound, cat("device '", command.id, "' is not enrolled"),
                   "check the id");
  }
  if (known->second.retired) return std::nullopt;
  known->second.retired = true;
  step.touch(known->second);
  step.audit("device.retired", cat("device/", command.id), "");
  step.emit(RegenerateRights{});
  return std::nullopt;
}

}  // namespace flotilla::controller::fleet_table
