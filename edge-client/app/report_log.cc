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

/// By number; the words that the controller uses, too.
constexpr std::array<std::string_view, 29> kReasonNames = {
    "none",
    "bad_signature",
    "unknown_key",
    "replayed",
    "expired",
    "wrong_class",
    "below_floor",
    "image_too_large",
    "decoder_memory",
    "unknown_codec",
    "no_offer",
    "manifest_mismatch",
    "bad_chunk",
    "storage_full",
    "storage_error",
    "digest_mismatch",
    "self_test_failed",
    "self_test_timeout",
    "self_test_error",
    "activation_failed",
    "health_timeout",
    "health_wrong_digest",
    "unhealthy",
    "attempts_exhausted",
    "superseded",
    "ordered",
    "not_delegated",
    "not_approved",
    "revoked",
};
static_assert(kReasonNames.size() == static_cast<size_t>(kLastReason) + 1);

std::string_view reason_name(Reason reason) {
  const auto number = static_cast<size_t>(reason);
  return number < kReasonNames.size() ? kReasonNames[number] : "unknown";
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
  const bool asked_for = reason_code == 0 && transport_error_.empty();
  LogLine line(asked_for ? LogLevel::kInfo : LogLevel::kWarning, "offline");
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
    line.add("reason", reason_name(model.reason)).add("rollout", model.rollout);
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

bool ReportLog::report_counters(const AgentCounters& agent, const Counters& device) {
  const bool agent_changed = agent.oversized != agent_.oversized ||
                             agent.malformed != agent_.malformed ||
                             agent.unexpected != agent_.unexpected || agent.unsent != agent_.unsent;
  const bool device_changed = device.directives_refused != device_.directives_refused ||
                              device.keysets_refused != device_.keysets_refused ||
                              device.offers_refused != device_.offers_refused ||
                              device.chunks_refused != device_.chunks_refused ||
                              device.journal_errors != device_.journal_errors;
  agent_ = agent;
  device_ = device;
  if (!agent_changed && !device_changed) return false;
  log_warning("messages_refused")
      .add("oversized", agent.oversized)
      .add("malformed", agent.malformed)
      .add("unexpected", agent.unexpected)
      .add("unsent_reports", agent.unsent)
      .add("directives", device.directives_refused)
      .add("keysets", device.keysets_refused)
      .add("offers", device.offers_refused)
      .add("chunks", device.chunks_refused)
      .add("last_reason", reason_name(device.last_refusal))
      .add("journal_errors", device.journal_errors);
  return true;
}

}  // namespace flotilla::edge
