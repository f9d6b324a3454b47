#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "simulator/load/histogram.h"

namespace flotilla::sim {

/// The run at one instant. Counts are since its start; rates follow from two samples.
struct Sample {
  double t = 0;  ///< seconds since the run began
  uint64_t connected = 0;
  uint64_t attempts = 0;
  uint64_t accepted = 0;
  uint64_t wasted = 0;
  uint64_t messages_in = 0;
  uint64_t reports_out = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  std::vector<uint64_t> confirmed;  ///< by phase
  std::vector<uint64_t> staged;
  double controller_cpu_s = 0;
  double broker_cpu_s = 0;
  double devices_cpu_s = 0;
  double controller_mib = 0;
  double broker_mib = 0;
  double devices_mib = 0;
};

struct Quantiles {
  uint64_t count = 0;
  uint64_t p10 = 0;
  uint64_t p50 = 0;
  uint64_t p90 = 0;
  uint64_t p99 = 0;
  uint64_t max = 0;
};
Quantiles quantiles_of(const Distribution& values);

/// One rollout.
struct PhaseReport {
  std::string name;
  std::string state;  ///< of the rollout at the controller when the phase ended
  double start_s = 0;
  double end_s = 0;
  std::map<std::string, uint64_t> reached;  ///< devices by step
  Quantiles staged_ms;                      ///< from the rollout's start
  Quantiles confirmed_ms;                   ///< from the rollout's start
  Quantiles trial_ms;                       ///< from staged to confirmed
  Quantiles device_bytes;                   ///< of chunk messages, by confirmed device
  std::vector<uint64_t> bytes_curve;        ///< the same at 0, 5, ... 100 % of the devices
  uint64_t chunk_bytes = 0;                 ///< of all confirmed devices
  uint64_t needed_bytes = 0;                ///< had nothing been repeated
};

/// What followed a restart of the broker.
struct HerdReport {
  bool happened = false;
  double at_s = 0;        ///< when it was killed
  double down_s = 0;      ///< until it listened again
  uint64_t window_s = 0;  ///< that the controller announces
  uint64_t devices = 0;   ///< that lost their connection
  uint64_t back = 0;
  double last_back_s = 0;  ///< after it listened again
  Quantiles back_ms;
  uint64_t attempts = 0;
  uint64_t refused = 0;  ///< nobody listened yet
  uint64_t cut_off = 0;  ///< handshakes that the dying broker began
  uint64_t wasted = 0;   ///< handshakes without a CONNACK by the one that came back
  bool within_goal = false;
};

/// Everything that a run has to say; the JSON file is this struct.
struct LoadReport {
  uint32_t format = 1;
  std::string command;
  std::string began;   ///< UTC
  std::string ending;  ///< "complete", or why not
  double seconds = 0;
  uint64_t devices = 0;
  uint64_t processes = 0;
  uint64_t brokers = 0;
  std::string transport;  ///< "TCP" or "TLS"
  uint64_t image_bytes = 0;
  double enrol_s = 0;
  double connect_s = 0;       ///< until the controller had answered every device
  double device_kib = 0;      ///< resident memory of the simulator by device, all connected
  double device_kib_end = 0;  ///< the same after the rollouts
  Quantiles late_ms;          ///< of the simulator\'s own timers
  uint64_t wasted = 0;
  uint64_t refused_messages = 0;
  uint64_t restarts = 0;
  std::map<std::string, uint64_t> troubles;
  std::vector<PhaseReport> phases;
  HerdReport herd;
  std::vector<Sample> samples;
};

/// Bytes received over bytes needed, less 1: what repairs and duplicates cost. 0 without bytes.
double repair_ratio(const PhaseReport& phase);

std::string to_json(const LoadReport& report);
/// Throws std::exception on anything that to_json() did not write.
LoadReport report_from_json(const std::string& text);

/// The summary for a terminal.
std::string to_text(const LoadReport& report);
/// Two reports side by side.
std::string compare(const LoadReport& a, const LoadReport& b);
/// One page without any external resource.
std::string to_html(const LoadReport& report);

}  // namespace flotilla::sim
