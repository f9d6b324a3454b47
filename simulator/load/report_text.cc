#include <algorithm>

#include "simulator/load/number_text.h"
#include "simulator/load/report.h"

namespace flotilla::sim {
namespace {

constexpr size_t kNameWidth = 34;
constexpr size_t kValueWidth = 22;

struct Line {
  std::string name;
  std::string value;
};

std::string spread(const Quantiles& values) {
  if (values.count == 0) return "-";
  return span_text(static_cast<double>(values.p50)) + ", " +
         span_text(static_cast<double>(values.p99)) + ", " +
         span_text(static_cast<double>(values.max));
}

double peak(const LoadReport& report, double Sample::*mib) {
  double most = 0;
  for (const Sample& sample : report.samples) most = std::max(most, sample.*mib);
  return most;
}

void add_phase(const PhaseReport& phase, uint64_t devices, std::vector<Line>& out) {
  const auto confirmed = phase.reached.find("confirmed");
  const uint64_t done = confirmed == phase.reached.end() ? 0 : confirmed->second;
  out.push_back({phase.name + ": rollout", phase.state});
  out.push_back({phase.name + ": confirmed", grouped(done) + " of " + grouped(devices)});
  for (const char* bad : {"reverted", "rejected", "failed", "rolled back"}) {
    const auto found = phase.reached.find(bad);
    if (found != phase.reached.end()) {
      out.push_back({phase.name + ": " + bad, grouped(found->second)});
    }
  }
  out.push_back({phase.name + ": took", span_text((phase.end_s - phase.start_s) * 1000)});
  out.push_back({phase.name + ": to staged, p50 p99 max", spread(phase.staged_ms)});
  out.push_back({phase.name + ": to confirmed, p50 p99 max", spread(phase.confirmed_ms)});
  const double mean =
      done == 0 ? 0 : static_cast<double>(phase.chunk_bytes) / static_cast<double>(done);
  out.push_back({phase.name + ": bytes a device", bytes_text(mean)});
  out.push_back({phase.name + ": repairs and duplicates", percent_text(repair_ratio(phase))});
}

void add_herd(const HerdReport& herd, std::vector<Line>& out) {
  if (!herd.happened) return;
  out.push_back({"herd: back", grouped(herd.back) + " of " + grouped(herd.devices)});
  out.push_back({"herd: last one back",
                 fixed(herd.last_back_s, 1) + " s (window " + grouped(herd.window_s) + " s)"});
  out.push_back({"herd: within 1.3 windows", herd.within_goal ? "yes" : "no"});
  out.push_back({"herd: attempts", grouped(herd.attempts)});
  out.push_back({"herd: refused, nobody listened", grouped(herd.refused)});
  out.push_back({"herd: cut off by the dying broker", grouped(herd.cut_off)});
  out.push_back({"herd: wasted handshakes", grouped(herd.wasted)});
}

std::vector<Line> lines(const LoadReport& report) {
  std::vector<Line> out;
  out.push_back({"ended", report.ending});
  out.push_back({"devices", grouped(report.devices) + " by " + report.transport});
  out.push_back({"took", span_text(report.seconds * 1000)});
  out.push_back({"enrolled in", span_text(report.enrol_s * 1000)});
  out.push_back({"connected and answered in", span_text(report.connect_s * 1000)});
  out.push_back({"simulator memory a device", fixed(report.device_kib, 1) + " KiB, at the end " +
                                                  fixed(report.device_kib_end, 1) + " KiB"});
  out.push_back({"simulator late, p50 p99 max", spread(report.late_ms)});
  for (const PhaseReport& phase : report.phases) add_phase(phase, report.devices, out);
  add_herd(report.herd, out);
  if (!report.samples.empty()) {
    const Sample& last = report.samples.back();
    out.push_back({"controller: processor, peak",
                   fixed(last.controller_cpu_s, 1) + " s, " +
                       fixed(peak(report, &Sample::controller_mib), 0) + " MiB"});
    out.push_back({"broker: processor, peak", fixed(last.broker_cpu_s, 1) + " s, " +
                                                  fixed(peak(report, &Sample::broker_mib), 0) +
                                                  " MiB"});
    out.push_back({"devices: processor, peak", fixed(last.devices_cpu_s, 1) + " s, " +
                                                   fixed(peak(report, &Sample::devices_mib), 0) +
                                                   " MiB"});
  }
  out.push_back({"wasted handshakes", grouped(report.wasted)});
  out.push_back({"refused messages", grouped(report.refused_messages)});
  for (const auto& [name, times] : report.troubles) out.push_back({name, grouped(times)});
  return out;
}

std::string padded(std::string text, size_t width) {
  text.resize(std::max(text.size() + 1, width), ' ');
  return text;
}

}  // namespace

std::string to_text(const LoadReport& report) {
  std::string out;
  for (const Line& line : lines(report)) {
    out += padded(line.name, kNameWidth) + line.value + "\n";
  }
  return out;
}

std::string compare(const LoadReport& a, const LoadReport& b) {
  std::string out = "A  " + a.began + "  " + a.command + "\nB  " + b.began + "  " + b.command +
                    "\n\n" + padded("", kNameWidth) + padded("A", kValueWidth) + "B\n";
  const std::vector<Line> left = lines(a);
  std::vector<Line> right = lines(b);
  for (const Line& line : left) {
    const auto other = std::find_if(right.begin(), right.end(),
                                    [&](const Line& r) { return r.name == line.name; });
    out += padded(line.name, kNameWidth) + padded(line.value, kValueWidth) +
           (other == right.end() ? "-" : other->value) + "\n";
    if (other != right.end()) right.erase(other);
  }
  for (const Line& line : right) {
    out += padded(line.name, kNameWidth) + padded("-", kValueWidth) + line.value + "\n";
  }
  return out;
}

}  // namespace flotilla::sim
