#include <algorithm>
#include <functional>

#include "simulator/load/line_chart.h"
#include "simulator/load/number_text.h"
#include "simulator/load/report.h"

namespace flotilla::sim {
namespace {

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Flotilla load test</title>
<style>
:root{--bg:#fbfbfa;--card:#fff;--fg:#1c2024;--dim:#5b6570;--line:#d9dde2;
--c0:#1f6fd1;--c1:#c4520f;--c2:#2a8a4a;--c3:#8a3ab9;--good:#1d7a3e;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1d2125;--fg:#e8eaed;--dim:#a3adb8;
--line:#363d45;--c0:#6cb0ff;--c1:#ff9d5c;--c2:#69d08c;--c3:#cf9bf5;--good:#69d08c;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
main{max-width:1500px;margin:0 auto;padding:1.2rem}
h1{font-size:1.5rem;margin:0 0 .3rem}h2{font-size:1.1rem;margin:1.6rem 0 .5rem}
p{margin:.3rem 0}.dim,figcaption{color:var(--dim)}figcaption b{color:var(--fg)}
code{font:.85em ui-monospace,monospace;overflow-wrap:anywhere}
.tiles,.charts{display:grid;gap:.8rem;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr))}
.charts{grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr))}
.tile,figure,.scroll{background:var(--card);border:1px solid var(--line);border-radius:.5rem}
.tile{padding:.7rem .9rem}.tile b{display:block;font-size:1.35rem;line-height:1.25}
.tile span{color:var(--dim);font-size:.88rem}.good{color:var(--good)}.bad{color:var(--bad)}
figure{margin:0;padding:.8rem .9rem;overflow-x:auto}figcaption{font-size:.92rem;margin-bottom:.3rem}
svg{display:block;width:100%;min-width:30rem;height:auto}
svg text{fill:var(--dim);font:12px system-ui,sans-serif;paint-order:stroke;stroke:var(--card);
stroke-width:3px}
.grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--dim);stroke-width:1}
.mark{stroke:var(--dim);stroke-width:1;stroke-dasharray:3 4}
.line{fill:none;stroke-width:2.2;stroke-linejoin:round}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.9rem}
.legend i{display:inline-block;width:1.1em;height:.3em;border-radius:.15em;
margin-right:.4em;vertical-align:middle}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.94rem}
th,td{padding:.4rem .8rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}tr:last-child td{border-bottom:0}
th{color:var(--dim);font-weight:600}
</style></head><body><main>
)";

using Rows = std::vector<std::vector<std::string>>;

std::string table(const std::vector<std::string>& head, const Rows& rows) {
  std::string out = "<div class=\"scroll\"><table><tr>";
  for (const std::string& cell : head) out += "<th>" + escaped(cell) + "</th>";
  out += "</tr>";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const std::string& cell : row) out += "<td>" + escaped(cell) + "</td>";
    out += "</tr>";
  }
  return out + "</table></div>\n";
}

std::string tile(const std::string& value, const std::string& name, const char* style = "") {
  return "<div class=\"tile\"><b class=\"" + std::string(style) + "\">" + escaped(value) +
         "</b><span>" + escaped(name) + "</span></div>\n";
}

uint64_t confirmed(const PhaseReport& phase) {
  const auto found = phase.reached.find("confirmed");
  return found == phase.reached.end() ? 0 : found->second;
}

std::string tiles(const LoadReport& report) {
  std::string out = "<div class=\"tiles\">";
  out += tile(report.ending == "complete" ? "complete" : "incomplete",
              report.ending == "complete" ? "both rollouts and what was asked for" : report.ending,
              report.ending == "complete" ? "good" : "bad");
  out += tile(grouped(report.devices), "devices by " + report.transport + ", " +
                                           grouped(report.processes) + " process(es), " +
                                           grouped(report.brokers) + " broker(s)");
  for (const PhaseReport& phase : report.phases) {
    const double share = static_cast<double>(confirmed(phase)) /
                         static_cast<double>(std::max<uint64_t>(1, report.devices));
    out += tile(percent_text(share), phase.name + ": devices confirmed; rollout " + phase.state,
                share >= 1 ? "good" : "");
    out += tile(percent_text(repair_ratio(phase)), phase.name + ": repairs and duplicates");
  }
  out += tile(fixed(report.device_kib, 1) + " KiB",
              "simulator memory a device; " + fixed(report.device_kib_end, 1) + " KiB at the end");
  if (report.herd.happened) {
    out += tile(fixed(report.herd.last_back_s, 1) + " s",
                "until the last of " + grouped(report.herd.devices) + " was back; window " +
                    grouped(report.herd.window_s) + " s",
                report.herd.within_goal ? "good" : "bad");
    out += tile(grouped(report.herd.wasted), "wasted handshakes after the restart",
                report.herd.wasted == 0 ? "good" : "bad");
  }
  return out + "</div>\n";
}

using Value = std::function<double(const Sample&)>;

ChartLine level(const LoadReport& report, const std::string& name, const Value& value) {
  ChartLine out{name, {}};
  for (const Sample& sample : report.samples) out.points.push_back({sample.t, value(sample)});
  return out;
}

/// Change a second between samples.
ChartLine rate(const LoadReport& report, const std::string& name, const Value& value) {
  ChartLine out{name, {}};
  for (size_t i = 1; i < report.samples.size(); ++i) {
    const Sample& now = report.samples[i];
    const Sample& before = report.samples[i - 1];
    if (now.t <= before.t) continue;
    const double more = std::max(0.0, value(now) - value(before));
    out.points.push_back({now.t, more / (now.t - before.t)});
  }
  return out;
}

std::vector<ChartMark> events(const LoadReport& report) {
  std::vector<ChartMark> out;
  for (const PhaseReport& phase : report.phases) {
    out.push_back({phase.start_s, phase.name + " begins"});
  }
  if (report.herd.happened) out.push_back({report.herd.at_s, "broker killed"});
  return out;
}

/// A chart over the run's seconds, without lines as yet.
LineChart over_time(const LoadReport& report, const char* title, const char* note,
                    const char* y_name, double y_least_top = 0) {
  return {title, note, "seconds since the run began", y_name, y_least_top, {}, events(report)};
}

std::string completion(const LoadReport& report) {
  LineChart chart = over_time(report, "Fleet completion", "share of devices confirmed", "%", 100);
  const double whole = static_cast<double>(std::max<uint64_t>(1, report.devices));
  for (size_t i = 0; i < report.phases.size(); ++i) {
    chart.lines.push_back(level(report, report.phases[i].name, [&](const Sample& sample) {
      return 100 * static_cast<double>(sample.confirmed.at(i)) / whole;
    }));
  }
  return to_figure(chart);
}

std::string device_bytes(const LoadReport& report) {
  LineChart chart{"Bytes a device",
                  "chunk messages received for one rollout, devices in order",
                  "% of devices that received at most this",
                  "KiB",
                  0,
                  {},
                  {}};
  for (const PhaseReport& phase : report.phases) {
    ChartLine line{phase.name, {}};
    for (size_t i = 0; i < phase.bytes_curve.size(); ++i) {
      line.points.push_back(
          {static_cast<double>(i) * 5, static_cast<double>(phase.bytes_curve[i]) / 1024});
    }
    chart.lines.push_back(line);
  }
  return to_figure(chart);
}

std::string connections(const LoadReport& report) {
  LineChart chart =
      over_time(report, "Connections", "accepted and attempted each second", "a second");
  chart.lines = {rate(report, "accepted", [](const Sample& s) { return double(s.accepted); }),
                 rate(report, "attempted", [](const Sample& s) { return double(s.attempts); })};
  return to_figure(chart);
}

std::string connected(const LoadReport& report) {
  LineChart chart =
      over_time(report, "Devices connected", "", "devices", static_cast<double>(report.devices));
  chart.lines = {level(report, "connected", [](const Sample& s) { return double(s.connected); })};
  return to_figure(chart);
}

std::string traffic(const LoadReport& report) {
  LineChart chart =
      over_time(report, "Messages", "what the devices received and reported", "a second");
  chart.lines = {rate(report, "down", [](const Sample& s) { return double(s.messages_in); }),
                 rate(report, "reports up", [](const Sample& s) { return double(s.reports_out); })};
  return to_figure(chart);
}

std::string volume(const LoadReport& report) {
  constexpr double kMiB = 1024.0 * 1024;
  LineChart chart =
      over_time(report, "Bytes on the wire", "of MQTT, without TCP and TLS", "MiB a second");
  chart.lines = {rate(report, "down", [](const Sample& s) { return double(s.bytes_in) / kMiB; }),
                 rate(report, "up", [](const Sample& s) { return double(s.bytes_out) / kMiB; })};
  return to_figure(chart);
}

std::string processors(const LoadReport& report) {
  LineChart chart = over_time(report, "Processor", "cores in use", "cores");
  chart.lines = {rate(report, "controller", [](const Sample& s) { return s.controller_cpu_s; }),
                 rate(report, "broker", [](const Sample& s) { return s.broker_cpu_s; }),
                 rate(report, "devices", [](const Sample& s) { return s.devices_cpu_s; })};
  return to_figure(chart);
}

std::string memory(const LoadReport& report) {
  LineChart chart = over_time(report, "Memory", "resident", "MiB");
  chart.lines = {level(report, "controller", [](const Sample& s) { return s.controller_mib; }),
                 level(report, "broker", [](const Sample& s) { return s.broker_mib; }),
                 level(report, "devices", [](const Sample& s) { return s.devices_mib; })};
  return to_figure(chart);
}

std::vector<std::string> span_row(const std::string& name, const Quantiles& values) {
  std::vector<std::string> row{name, grouped(values.count)};
  for (const uint64_t value : {values.p10, values.p50, values.p90, values.p99, values.max}) {
    row.push_back(values.count == 0 ? "-" : span_text(static_cast<double>(value)));
  }
  return row;
}

std::string latencies(const LoadReport& report) {
  Rows rows;
  for (const PhaseReport& phase : report.phases) {
    rows.push_back(span_row(phase.name + ": rollout began to staged", phase.staged_ms));
    rows.push_back(span_row(phase.name + ": staged to confirmed", phase.trial_ms));
    rows.push_back(span_row(phase.name + ": rollout began to confirmed", phase.confirmed_ms));
  }
  if (report.herd.happened) {
    rows.push_back(span_row("broker back to device accepted", report.herd.back_ms));
  }
  rows.push_back(span_row("simulator late with a timer", report.late_ms));
  return table({"", "count", "p10", "p50", "p90", "p99", "last"}, rows);
}

std::string outcomes(const LoadReport& report) {
  Rows rows;
  for (const PhaseReport& phase : report.phases) {
    std::vector<std::string> row{phase.name};
    for (const char* step :
         {"staged", "confirmed", "reverted", "rejected", "failed", "rolled back"}) {
      const auto found = phase.reached.find(step);
      row.push_back(found == phase.reached.end() ? "0" : grouped(found->second));
    }
    row.push_back(bytes_text(static_cast<double>(phase.needed_bytes)));
    row.push_back(bytes_text(static_cast<double>(phase.chunk_bytes)));
    row.push_back(span_text((phase.end_s - phase.start_s) * 1000));
    rows.push_back(row);
  }
  return table({"rollout", "staged", "confirmed", "reverted", "rejected", "failed", "rolled back",
                "bytes needed", "bytes received", "took"},
               rows);
}

std::string troubles(const LoadReport& report) {
  Rows rows{{"handshakes without a CONNACK", grouped(report.wasted)},
            {"messages refused by devices", grouped(report.refused_messages)},
            {"devices restarted", grouped(report.restarts)}};
  for (const auto& [name, times] : report.troubles) rows.push_back({name, grouped(times)});
  return table({"what went wrong", "times"}, rows);
}

}  // namespace

std::string to_html(const LoadReport& report) {
  std::string out = kHead;
  out += "<h1>Flotilla load test</h1><p><code>" + escaped(report.command) + "</code></p>";
  out += "<p class=\"dim\">" + escaped(report.began) + ", " + span_text(report.seconds * 1000) +
         "; image " + bytes_text(static_cast<double>(report.image_bytes)) + "; enrolled in " +
         span_text(report.enrol_s * 1000) + ", connected and answered in " +
         span_text(report.connect_s * 1000) + "</p>\n";
  out += tiles(report);
  out += "<h2>The fleet</h2><div class=\"charts\">" + completion(report) + connected(report) +
         connections(report) + device_bytes(report) + "</div>\n";
  out += "<h2>How long it took</h2>" + latencies(report);
  out += "<h2>What became of it</h2>" + outcomes(report);
  out += "<h2>Broker and controller</h2><div class=\"charts\">" + processors(report) +
         memory(report) + traffic(report) + volume(report) + "</div>\n";
  out += "<h2>Troubles</h2>" + troubles(report);
  return out + "</main></body></html>\n";
}

}  // namespace flotilla::sim
