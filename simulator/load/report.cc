#include "simulator/load/report.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace flotilla::sim {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Sample, t, connected, attempts, accepted, wasted, messages_in,
                                   reports_out, bytes_in, bytes_out, confirmed, staged,
                                   controller_cpu_s, broker_cpu_s, devices_cpu_s, controller_mib,
                                   broker_mib, devices_mib)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Quantiles, count, p10, p50, p90, p99, max)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PhaseReport, name, state, start_s, end_s, reached, staged_ms,
                                   confirmed_ms, trial_ms, device_bytes, bytes_curve, chunk_bytes,
                                   needed_bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(HerdReport, happened, at_s, down_s, window_s, devices, back,
                                   last_back_s, back_ms, attempts, refused, cut_off, wasted,
                                   within_goal)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LoadReport, format, command, began, ending, seconds, devices,
                                   processes, brokers, transport, image_bytes, enrol_s, connect_s,
                                   device_kib, device_kib_end, late_ms, wasted, refused_messages,
                                   restarts, troubles, phases, herd, samples)

Quantiles quantiles_of(const Distribution& values) {
  Quantiles out;
  out.count = values.count();
  out.p10 = values.quantile(0.1);
  out.p50 = values.quantile(0.5);
  out.p90 = values.quantile(0.9);
  out.p99 = values.quantile(0.99);
  out.max = values.quantile(1);
  return out;
}

double repair_ratio(const PhaseReport& phase) {
  if (phase.needed_bytes == 0) return 0;
  return static_cast<double>(phase.chunk_bytes) / static_cast<double>(phase.needed_bytes) - 1;
}

std::string to_json(const LoadReport& report) {
  return nlohmann::json(report).dump(1) + "\n";
}

LoadReport report_from_json(const std::string& text) {
  const auto report = nlohmann::json::parse(text).get<LoadReport>();
  if (report.format != 1) throw std::runtime_error("a report of another format");
  return report;
}

}  // namespace flotilla::sim
