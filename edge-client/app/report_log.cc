#include "edge-client/app/report_log.h"

#include "edge-client/adapters/log.h"

namespace flotilla::edge {
namespace {

const char* state_name(UpdateState state) {
  switch (state) {
    case UpdateState::kIdle:
      return "idle";
    case UpdateState::kTransferring:
      return "transferring";
    case UpdateState::kStaged:
      return "staged";
    case UpdateState::kTrial:
      return "trial";
    case UpdateState::kConfirmed:
      return "confirmed";
    case UpdateState::kReverted:
      return "reverted";
    case UpdateState::kRejected:
      return "rejected";
    case UpdateState::kFailed:
      return "failed";
  }
  return "";
}

bool same_to_people(const ModelState& a, const ModelState& b) {
  return a.state == b.state && a.reason == b.reason && a.rollout == b.rollout &&
         a.active_digest == b.active_digest && a.active_version == b.active_version;
}

}  // namespace

void ReportLog::on_online() {
  transport_error_.clear();
  log_info("online").add("broker", broker_);
}

void ReportLog::on_offline(uint8_t reason_code, const char* reason) {
  LogLine line(LogLevel::kWarning, "offline");
  line.add("broker", broker_).add("reason_code", static_cast<int>(reason_code));
  line.add("reason", reason);
  if (!transport_error_.empty()) line.add("why", transport_error_);
  transport_error_.clear();
}

void ReportLog::on_report(const StateReport& report) {
  for (size_t i = 0; i < report.models.size(); ++i) {
    const ModelState& model = report.models[i];
    if (same_to_people(model, last_[i]) && model.model == last_[i].model) continue;
    last_[i] = model;
    last_[i].attestation = {};  // borrowed
    LogLine line(LogLevel::kInfo, "model");
    line.add("model", model.model.view()).add("state", state_name(model.state));
    line.add("reason", static_cast<int>(model.reason)).add("rollout", model.rollout);
    line.add("version", model.active_version);
    line.add("digest", model.active_digest.is_none() ? "none" : to_hex(model.active_digest).view());
    if (!model.detail.empty()) line.add("detail", model.detail.view());
  }
}

void ReportLog::on_refused(std::string_view topic, uint8_t reason_code) {
  log_warning("refused_by_broker")
      .add("topic", topic)
      .add("reason_code", static_cast<int>(reason_code))
      .add("advice", "check the rights of this device on the broker");
}

void ReportLog::report_counters(const AgentCounters& counters) {
  const bool changed =
      counters.oversized != reported_.oversized || counters.malformed != reported_.malformed ||
      counters.unexpected != reported_.unexpected || counters.unsent != reported_.unsent;
  if (!changed) return;
  reported_ = counters;
  log_warning("messages_refused")
      .add("oversized", counters.oversized)
      .add("malformed", counters.malformed)
      .add("unexpected", counters.unexpected)
      .add("unsent_reports", counters.unsent);
}

}  // namespace flotilla::edge
