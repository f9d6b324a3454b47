#include "simulator/load/display.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "simulator/load/number_text.h"

namespace flotilla::sim {
namespace {

constexpr double kRedraw = 0.5;
constexpr double kLineEvery = 5;
constexpr size_t kBar = 30;

double rate(const View& view, uint64_t Sample::*count) {
  if (view.now == nullptr || view.before == nullptr) return 0;
  const double span = view.now->t - view.before->t;
  const uint64_t more = view.now->*count - view.before->*count;
  return span > 0 ? static_cast<double>(more) / span : 0;
}

double cores(const View& view, double Sample::*cpu_s) {
  if (view.now == nullptr || view.before == nullptr) return 0;
  const double span = view.now->t - view.before->t;
  return span > 0 ? (view.now->*cpu_s - view.before->*cpu_s) / span : 0;
}

std::string row(const std::string& name, const std::string& text) {
  std::string out = "  " + name;
  out.resize(std::max<size_t>(out.size() + 1, 18), ' ');
  return out + text + "\n";
}

std::string bar_row(const std::string& name, uint64_t part, uint64_t whole) {
  return row(name, bar(part, whole, kBar) + "  " + grouped(part) + " of " + grouped(whole));
}

std::string part_row(const View& view, const std::string& name, double Sample::*cpu,
                     double Sample::*mib) {
  const double used = view.now == nullptr ? 0 : view.now->*mib;
  return row(name, fixed(cores(view, cpu), 2) + " cores, " + fixed(used, 0) + " MiB");
}

}  // namespace

std::string bar(uint64_t part, uint64_t whole, size_t width) {
  const double share =
      whole == 0 ? 0 : std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
  const auto full = static_cast<size_t>(share * static_cast<double>(width));
  std::string percent = fixed(share * 100, 1) + " %";
  if (percent.size() < 7) percent.insert(0, 7 - percent.size(), ' ');
  return "[" + std::string(full, '#') + std::string(width - full, '.') + "] " + percent;
}

std::string picture(const View& view) {
  std::string out = view.stage + "  " + span_text(view.elapsed_s * 1000) + " of at most " +
                    span_text(view.limit_s * 1000) + "\n";
  if (view.enrolled < view.devices) out += bar_row("enrolled", view.enrolled, view.devices);
  out += bar_row("connected", view.connected, view.devices);
  out += bar_row("answered", view.acknowledged, view.devices);
  for (const auto& [name, counts] : view.rollouts) {
    out += bar_row(name + " staged", counts.first, view.devices);
    out += bar_row(name + " done", counts.second, view.devices);
  }
  out += row("rates", fixed(rate(view, &Sample::accepted), 0) + " connections/s, " +
                          fixed(rate(view, &Sample::messages_in), 0) + " messages/s down, " +
                          fixed(rate(view, &Sample::reports_out), 0) + " reports/s up, " +
                          bytes_text(rate(view, &Sample::bytes_in)) + "/s down");
  out += part_row(view, "controller", &Sample::controller_cpu_s, &Sample::controller_mib);
  out += part_row(view, "broker", &Sample::broker_cpu_s, &Sample::broker_mib);
  out += part_row(view, "devices", &Sample::devices_cpu_s, &Sample::devices_mib);
  out += row("troubles",
             (view.troubles.empty() ? "none" : view.troubles) +
                 (view.ended_badly == 0 ? std::string()
                                        : "; updates that failed: " + grouped(view.ended_badly)));
  return out;
}

std::string summary_line(const View& view) {
  std::string out = span_text(view.elapsed_s * 1000) + "  " + view.stage + ": ";
  if (view.enrolled < view.devices) out += grouped(view.enrolled) + " enrolled, ";
  out += grouped(view.connected) + " of " + grouped(view.devices) + " connected";
  for (const auto& [name, counts] : view.rollouts) {
    out +=
        ", " + name + " " + grouped(counts.first) + " staged " + grouped(counts.second) + " done";
  }
  if (!view.troubles.empty()) out += "; " + view.troubles;
  return out + "\n";
}

Display::Display(bool plain) : live_(!plain && ::isatty(STDOUT_FILENO) != 0) {}

void Display::draw(const std::string& text) {
  std::string out;
  if (lines_ > 0) out = "\033[" + std::to_string(lines_) + "A";
  size_t from = 0;
  while (from < text.size()) {
    const size_t end = text.find('\n', from);
    out += "\033[2K" + text.substr(from, end - from + 1);
    from = end + 1;
  }
  out += "\033[J";
  lines_ = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  std::fputs(out.c_str(), stdout);
  std::fflush(stdout);
}

void Display::show(const View& view) {
  const bool is_new = view.stage != stage_;
  if (!is_new && view.elapsed_s - shown_s_ < (live_ ? kRedraw : kLineEvery)) return;
  stage_ = view.stage;
  shown_s_ = view.elapsed_s;
  if (live_) return draw(picture(view));
  std::fputs(summary_line(view).c_str(), stdout);
  std::fflush(stdout);
}

void Display::end(const View& view) {
  if (live_) draw(picture(view));
  lines_ = 0;
}

void Display::say(const std::string& line) {
  if (live_ && lines_ > 0) draw("");
  lines_ = 0;
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

}  // namespace flotilla::sim
