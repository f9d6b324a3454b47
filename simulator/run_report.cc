#include "simulator/run_report.h"

#include <cinttypes>
#include <cstdio>

namespace flotilla::sim {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + "\"";
}

std::string hex(uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, value);
  return text;
}

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

double device_hours(const RunReport& report) {
  return static_cast<double>(report.devices) * static_cast<double>(report.virtual_time.ms) / 3.6e6;
}

/// For a second of one core, whatever else the machine does.
double rate(const RunReport& report) {
  return report.cpu_seconds > 0 ? device_hours(report) / report.cpu_seconds : 0;
}

std::string clock(MonoTime when) {
  char text[32];
  const int64_t s = when.ms / 1000;
  std::snprintf(text, sizeof text, "%" PRId64 ":%02d:%02d.%03d", s / 3600,
                static_cast<int>(s / 60 % 60), static_cast<int>(s % 60),
                static_cast<int>(when.ms % 1000));
  return text;
}

std::string rollouts_json(const RunReport& report) {
  std::string out;
  for (const RolloutEnd& rollout : report.rollouts) {
    if (!out.empty()) out += ", ";
    out += "{\"id\": " + std::to_string(rollout.id) +
           ", \"version\": " + std::to_string(rollout.version) +
           ", \"state\": " + quoted(rollout.state) +
           ", \"assigned\": " + std::to_string(rollout.assigned) +
           ", \"confirmed\": " + std::to_string(rollout.confirmed) + "}";
  }
  return out;
}

}  // namespace

std::string as_json(const RunReport& report) {
  std::string out = "{\"scenario\": " + quoted(report.scenario);
  out += ", \"seed\": " + std::to_string(report.seed);
  out += ", \"ok\": " + std::string(report.verdict.ok() ? "true" : "false");
  out += ", \"trace_hash\": " + quoted(hex(report.trace_hash));
  out += ", \"devices\": " + std::to_string(report.devices);
  out += ", \"virtual_ms\": " + std::to_string(report.virtual_time.ms);
  out += ", \"wall_s\": " + decimal(report.wall_seconds);
  out += ", \"cpu_s\": " + decimal(report.cpu_seconds);
  out += ", \"device_hours_per_s\": " + decimal(rate(report));
  out += ", \"events\": " + std::to_string(report.events);
  out += ", \"messages\": " + std::to_string(report.messages);
  out += ", \"controller_crashes\": " + std::to_string(report.crashes);
  out += ", \"rollouts\": [" + rollouts_json(report) + "]";
  out += ", \"violations\": [";
  const char* comma = "";
  for (const Violation& violation : report.verdict.violations()) {
    out += comma + ("{\"rule\": " + quoted(violation.rule)) +
           ", \"at_ms\": " + std::to_string(violation.when.ms) +
           ", \"what\": " + quoted(violation.what) + "}";
    comma = ", ";
  }
  return out + "], \"replay\": " + quoted(report.replay) + "}";
}

std::string hash_line(const RunReport& report) {
  return report.scenario + " " + std::to_string(report.seed) + " " + hex(report.trace_hash);
}

std::string as_text(const RunReport& report) {
  std::string out =
      report.scenario + " seed " + std::to_string(report.seed) + ": " +
      (report.verdict.ok() ? "ok" : "FAILED") + "  " + std::to_string(report.devices) +
      " devices, " + std::to_string(report.virtual_time.ms / 3'600'000) + " h in " +
      decimal(report.wall_seconds) + " s, " + std::to_string(static_cast<uint64_t>(rate(report))) +
      " device-hours a second and core, " + std::to_string(report.events) + " events, trace " +
      hex(report.trace_hash) + "\n";
  for (const Violation& violation : report.verdict.violations()) {
    out += "  " + clock(violation.when) + "  " + violation.rule + ": " + violation.what + "\n";
  }
  if (!report.verdict.ok()) out += "  again: " + report.replay + "\n";
  return out;
}

}  // namespace flotilla::sim
