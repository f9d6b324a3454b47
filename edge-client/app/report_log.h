#pragma once

#include <array>
#include <string>

#include "edge-client/agent/agent.h"

namespace flotilla::edge {

/// Turns what the agent says into log lines: one when something changed, never one a message.
class ReportLog final : public AgentObserver {
 public:
  explicit ReportLog(std::string broker) : broker_(std::move(broker)) {}

  void on_online() override;
  void on_offline(uint8_t reason_code, const char* reason) override;
  void on_report(const StateReport& report) override;
  void on_refused(std::string_view topic, uint8_t reason_code) override;

  /// Why the transport failed, if it did, for the next on_offline().
  void set_transport_error(std::string error) { transport_error_ = std::move(error); }
  /// Writes a line, and is true, when messages were refused since the last call.
  bool report_counters(const AgentCounters& agent, const Counters& device);

 private:
  std::string broker_;
  std::string transport_error_;
  std::array<ModelState, kMaxReportedModels> last_;
  AgentCounters agent_;
  Counters device_;
};

}  // namespace flotilla::edge
