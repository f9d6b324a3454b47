#include "controller/domain/fleet_table.h"

#include <algorithm>

#include "controller/domain/bounds.h"
#include "controller/domain/names.h"
#include "controller/domain/text.h"

namespace flotilla::controller::fleet_table {
namespace {

std::string object_of(const Device& device) {
  return cat("device/", device.id);
}

/// Audited by name a few times per interval, then counted: anybody with a certificate may knock.
void audit_unknown(StepContext& step, const std::string& device, std::string_view why) {
  Meta& meta = step.state.meta;
  if (has_passed(meta.unknown_since, kAuditInterval, step.now)) {
    meta.unknown_since = step.now;
    meta.unknown_devices.clear();
  }
  const auto& named = meta.unknown_devices;
  if (named.size() >= kMaxUnknownAudits ||
      std::find(named.begin(), named.end(), device) != named.end()) {
    ++step.state.memory.counters.audits_suppressed;
    return;
  }
  meta.unknown_devices.push_back(device);
  step.audit("report.refused", cat("device/", device), why);
}

enum class Succession : uint8_t { kOld, kNewer, kNewIncarnation, kReturned };

Succession compare(const Device& device, const ReportOrder& order) {
  if (device.order == ReportOrder{}) return Succession::kNewer;
  if (order.incarnation == device.order.incarnation) {
    return order > device.order ? Succession::kNewer : Succession::kOld;
  }
  if (order.incarnation != device.previous_incarnation) return Succession::kNewIncarnation;
  const ReportOrder before{device.previous_incarnation, device.previous_boot_count,
                           device.previous_seq};
  return order > before ? Succession::kReturned : Succession::kOld;
}

/// A journal that was made anew is worth one line; two that alternate are two devices of one name.
void change_incarnation(StepContext& step, Device& device, Succession how) {
  device.previous_incarnation = device.order.incarnation;
  device.previous_boot_count = device.order.boot_count;
  device.previous_seq = device.order.seq;
  ++device.incarnation_changes;
  if (how == Succession::kReturned && !device.duplicate_suspected) {
    device.duplicate_suspected = true;
    step.audit("device.duplicate_suspected", object_of(device),
               "two incarnations alternate: two devices use this id; enrol it again when one of "
               "them is gone");
    return;
  }
  if (device.duplicate_suspected ||
      !has_passed(device.incarnation_audited, kAuditInterval, step.now)) {
    ++step.state.memory.counters.audits_suppressed;
    return;
  }
  device.incarnation_audited = step.now;
  step.audit("device.incarnation", object_of(device),
             cat("change ", device.incarnation_changes, ": the device's journal was made anew"));
}

void note_class(StepContext& step, Device& device, std::string_view claimed) {
  const std::string differs(claimed == device.hardware_class ? std::string_view() : claimed);
  if (device.claimed_class == differs) return;
  device.claimed_class = differs;
  step.audit(differs.empty() ? "device.class_agrees" : "device.claims_class", object_of(device),
             cat("enrolled as ", device.hardware_class, ", reports ", claimed));
}

/// In words, when the checkpoint is none of this log's; a smaller log than the device has seen was
/// restored from a copy or cut.
std::string disagreement(const FleetState& state, const LogHead& held) {
  if (held.size == 0) return "";
  const auto known = state.checkpoints.find(held.size);
  if (known != state.checkpoints.end() && known->second == held.root) return "";
  const std::string ours =
      known != state.checkpoints.end() ? cat("signed root ", to_hex(known->second).view())
      : held.size > state.log.size()   ? cat("has only ", state.log.size(), " entries")
                                       : std::string("signed none of that size");
  return cat("holds a checkpoint of ", held.size, " entries with root ", to_hex(held.root).view(),
             "; this log ", ours);
}

/// The fleet is a witness: what each device remembers of the log is compared with the log.
void note_witness(StepContext& step, Device& device, const StateReport& report) {
  if (device.witness == report.witness && device.checkpoint == report.checkpoint &&
      device.conflict == report.conflict)
    return;
  const bool new_split = report.witness == Witness::kSplit &&
                         (device.witness != Witness::kSplit || device.conflict != report.conflict);
  device.witness = report.witness;
  device.checkpoint = report.checkpoint;
  device.conflict = report.conflict;
  const std::string held = disagreement(step.state, report.checkpoint);
  const std::string shown = disagreement(step.state, report.conflict);
  const bool disagreed = device.witness_disagrees;
  device.witness_disagrees = !held.empty() || !shown.empty();
  if (new_split) {
    step.audit("device.split_view", object_of(device),
               cat("was shown two logs of ", report.conflict.size, " entries: root ",
                   to_hex(report.conflict.root).view(), " beside what it held; ",
                   shown.empty() ? held : shown));
  } else if (!held.empty()) {
    step.audit("device.witness_disagrees", object_of(device), held);
  } else if (disagreed && !device.witness_disagrees) {
    step.audit("device.witness_agrees", object_of(device),
               cat("holds a checkpoint of ", device.checkpoint.size, " entries of this log"));
  }
}

DeviceModel merge(const DeviceModel* before, const ModelState& reported,
                  const StateReported& event) {
  DeviceModel out;
  out.reported = reported;
  out.reported.attestation = {};
  const std::string name(reported.model.view());
  const auto found = event.attestations.find(name);
  if (found != event.attestations.end()) {
    out.attestation = found->second;
    out.attestation_valid = true;
    const auto confirmed = event.confirmed.find(name);
    if (confirmed != event.confirmed.end()) {
      out.confirmed_release = confirmed->second.release;
      out.confirmed_golden = confirmed->second.golden;
      out.confirmed_engine = confirmed->second.engine;
    }
  } else if (before != nullptr) {
    out.attestation = before->attestation;
    out.attestation_valid =
        before->attestation_valid && before->reported.active_digest == reported.active_digest;
    out.confirmed_release = before->confirmed_release;
    out.confirmed_golden = before->confirmed_golden;
    out.confirmed_engine = before->confirmed_engine;
  }
  return out;
}

/// Each outcome is on record with its proof, also when the next one replaces it in the device.
void audit_outcome(StepContext& step, const Device& device, const ModelState& reported,
                   const DeviceModel* before, const std::string& attestation) {
  if (attestation.empty() || (before != nullptr && before->attestation == attestation)) return;
  step.audit("device.attested", cat("device/", device.id, "/model/", reported.model.view()),
             cat(state_name(reported.state), ", rollout ", reported.rollout, ", version ",
                 reported.active_version, ", image ", to_hex(reported.active_digest).view()),
             attestation);
}

void take_models(StepContext& step, Device& device, const StateReported& event) {
  std::map<std::string, DeviceModel> models;
  for (const ModelState& reported : event.report.models) {
    const std::string name(reported.model.view());
    const auto found = device.models.find(name);
    const DeviceModel* before = found == device.models.end() ? nullptr : &found->second;
    models[name] = merge(before, reported, event);
    const auto attested = event.attestations.find(name);
    if (attested != event.attestations.end())
      audit_outcome(step, device, reported, before, attested->second);
  }
  device.models = std::move(models);
}

/// A device reports the same models again and again: then its rows are overwritten where they are.
void take_health(Device& device, const HealthReport& report) {
  if (device.health.size() != report.models.size()) device.health.clear();
  for (const ModelHealth& model : report.models) {
    device.health[std::string(model.model.view())] = model;
  }
  if (device.health.size() == report.models.size()) return;
  std::erase_if(device.health, [&](const auto& row) {
    return std::none_of(report.models.begin(), report.models.end(),
                        [&](const ModelHealth& model) { return model.model.view() == row.first; });
  });
}

bool is_known(StepContext& step, const StateReported& event) {
  const auto found = step.state.devices.find(event.device);
  if (found == step.state.devices.end()) {
    audit_unknown(step, event.device, "the device is not enrolled");
  } else if (found->second.retired) {
    audit_unknown(step, event.device, "the device is retired");
  } else if (event.report.device.view() != event.device) {
    audit_unknown(step, event.device, "the report names another device than its topic");
  } else {
    return true;
  }
  return false;
}

void add_position(Acknowledgement& out, const StandingDirective& standing) {
  for (const AcknowledgedDirective& known : out.directives) {
    if (known.model == standing.model) return;
  }
  AcknowledgedDirective position;
  if (!position.model.assign(standing.model)) return;
  position.newest = {standing.directive.epoch, standing.directive.seq};
  if (!out.directives.push_back(position)) return;  // full: the device's own models came first
}

/// The device has had time for a directive that it does not know, though it is there. A broker may
/// drop a message that it acknowledged, and a device at rest has nothing to report whose
/// acknowledgement would tell it.
bool missed_directive(const StepContext& step, const Device& device) {
  for (const auto& [model, kept] : device.models) {
    const StandingDirective* standing = step.state.find_standing(device.hardware_class, model);
    if (standing == nullptr) continue;
    const Directive& directive = standing->directive;
    const DirectivePosition newest{directive.epoch, directive.seq};
    if (kept.reported.directive < newest && has_passed(directive.issued, kAnswerGrace, step.now))
      return true;
  }
  return false;
}

/// What a device causes in the log is bounded: beyond that its reports are not taken, and as nobody
/// acknowledges them it repeats them, until the hour is over. So nothing that it says is lost.
bool may_speak(StepContext& step, const Device& device) {
  SpeechBudget& budget = step.state.memory.speech[device.id];
  if (has_passed(budget.since, kSpeechInterval, step.now)) budget = {step.now, 0};
  return budget.entries < kMaxSpeech;
}

}  // namespace

Acceptance accept(StepContext& step, const StateReported& event) {
  DomainCounters& counters = step.state.memory.counters;
  if (!is_known(step, event)) {
    ++counters.reports_refused;
    return Acceptance::kRefused;
  }
  Device& device = step.state.devices.at(event.device);
  const Succession how = compare(device, event.report.order);
  if (how == Succession::kOld) {
    ++counters.reports_duplicate;
    return Acceptance::kDuplicate;
  }
  if (!may_speak(step, device)) {
    ++counters.reports_deferred;
    return Acceptance::kDeferred;
  }
  ++counters.reports_accepted;
  if (how != Succession::kNewer) change_incarnation(step, device, how);
  device.order = event.report.order;
  device.last_report = step.now;
  device.software = event.report.software.view();
  note_class(step, device, event.report.hardware_class.view());
  note_witness(step, device, event.report);
  take_models(step, device, event);
  step.touch(device);
  return Acceptance::kAccepted;
}

void count_entries(StepContext& step, const Device& device, uint64_t before) {
  step.state.memory.speech[device.id].entries += step.state.meta.next_audit - before;
}

void acknowledge(StepContext& step, const Device& device) {
  SendAcknowledgement effect;
  effect.device = device.id;
  effect.acknowledgement.order = device.order;
  effect.acknowledgement.reconnect_window_s = step.config.reconnect_window_s;
  for (const auto& [model, kept] : device.models) {
    const StandingDirective* found = step.state.find_standing(device.hardware_class, model);
    if (found != nullptr) add_position(effect.acknowledgement, *found);
  }
  const auto& standing = step.state.standing;
  for (auto it = standing.lower_bound({device.hardware_class, ""});
       it != standing.end() && it->first.first == device.hardware_class; ++it) {
    add_position(effect.acknowledgement, it->second);
  }
  step.emit(std::move(effect));
}

void accept_health(StepContext& step, const HealthReported& event) {
  const auto found = step.state.devices.find(event.device);
  if (found == step.state.devices.end() || found->second.retired ||
      found->second.order.incarnation != event.report.order.incarnation) {
    ++step.state.memory.counters.health_refused;
    return;
  }
  Device& device = found->second;
  device.last_health = step.now;
  take_health(device, event.report);
  if (has_passed(step.state.memory.health_stored[device.id], kHealthFlush, step.now)) {
    step.touch(device);
  }
  if (missed_directive(step, device)) acknowledge(step, device);
}

}  // namespace flotilla::controller::fleet_table
