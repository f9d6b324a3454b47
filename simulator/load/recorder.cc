#include "simulator/load/recorder.h"

#include <algorithm>

namespace flotilla::sim {
namespace {

constexpr size_t kMaxSamples = 1200;
constexpr size_t kCurvePoints = 20;

}  // namespace

Recorder::Recorder(Board& board, size_t swarms) : board_(board), swarms_(swarms) {}

double Recorder::elapsed_s() const {
  return std::chrono::duration<double>(Clock::now() - began_).count();
}

uint64_t Recorder::sum(Cell SwarmCells::*cell) const {
  uint64_t total = 0;
  for (size_t i = 0; i < swarms_; ++i) total += (board_.swarms[i].*cell).load();
  return total;
}

uint64_t Recorder::trouble(Trouble trouble) const {
  uint64_t total = 0;
  for (size_t i = 0; i < swarms_; ++i) {
    total += board_.swarms[i].troubles[static_cast<size_t>(trouble)].load();
  }
  return total;
}

uint64_t Recorder::reached(Phase phase, Step step) const {
  uint64_t total = 0;
  for (size_t i = 0; i < swarms_; ++i) {
    const PhaseCells& cells = board_.swarms[i].phases[static_cast<size_t>(phase)];
    total += cells.reached[static_cast<size_t>(step)].load();
  }
  return total;
}

/// The two counters are read one after the other, so the difference may be a little off.
uint64_t Recorder::connected() const {
  const uint64_t ended = sum(&SwarmCells::ended);
  const uint64_t accepted = sum(&SwarmCells::accepted);
  return accepted > ended ? accepted - ended : 0;
}

void Recorder::measure(Total& total, const std::vector<pid_t>& pids) {
  if (pids != total.pids) {
    total.past_cpu_s = total.cpu_s;
    total.pids = pids;
  }
  total.cpu_s = total.past_cpu_s;
  total.mib = 0;
  for (const pid_t pid : pids) {
    const Usage usage = usage_of(pid);
    total.cpu_s += usage.cpu_s;
    total.mib += static_cast<double>(usage.rss_kib) / 1024;
  }
}

bool Recorder::sample(const Watched& processes) {
  if (elapsed_s() < next_s_) return false;
  next_s_ = elapsed_s() + interval_s_;
  sample_now(processes);
  return true;
}

const Sample& Recorder::sample_now(const Watched& processes) {
  measure(controllers_, processes.controllers);
  measure(brokers_, processes.brokers);
  measure(devices_, processes.swarms);
  Sample out;
  out.t = elapsed_s();
  out.connected = connected();
  out.attempts = sum(&SwarmCells::attempts);
  out.accepted = sum(&SwarmCells::accepted);
  out.wasted = sum(&SwarmCells::wasted);
  out.messages_in = sum(&SwarmCells::messages_in);
  out.reports_out = sum(&SwarmCells::reports_out);
  out.bytes_in = sum(&SwarmCells::bytes_in);
  out.bytes_out = sum(&SwarmCells::bytes_out);
  for (const Phase phase : {Phase::kInstall, Phase::kUpdate}) {
    out.confirmed.push_back(reached(phase, Step::kConfirmed));
    out.staged.push_back(reached(phase, Step::kStaged));
  }
  out.controller_cpu_s = controllers_.cpu_s;
  out.broker_cpu_s = brokers_.cpu_s;
  out.devices_cpu_s = devices_.cpu_s;
  out.controller_mib = controllers_.mib;
  out.broker_mib = brokers_.mib;
  out.devices_mib = devices_.mib;
  thin_out();
  samples_.push_back(std::move(out));
  return samples_.back();
}

void Recorder::thin_out() {
  if (samples_.size() < kMaxSamples) return;
  for (size_t i = 1; 2 * i < samples_.size(); ++i) samples_[i] = std::move(samples_[2 * i]);
  samples_.resize((samples_.size() + 1) / 2);
  interval_s_ *= 2;
}

Distribution Recorder::merged(Phase phase, SharedHistogram PhaseCells::*part) const {
  Distribution out;
  for (size_t i = 0; i < swarms_; ++i) {
    out.add(board_.swarms[i].phases[static_cast<size_t>(phase)].*part);
  }
  return out;
}

void Recorder::fill_phase(Phase phase, PhaseReport& out) const {
  for (size_t step = 0; step < kSteps; ++step) {
    const uint64_t devices = reached(phase, static_cast<Step>(step));
    if (devices > 0) out.reached[step_name(static_cast<Step>(step))] = devices;
  }
  out.staged_ms = quantiles_of(merged(phase, &PhaseCells::staged_ms));
  out.confirmed_ms = quantiles_of(merged(phase, &PhaseCells::confirmed_ms));
  out.trial_ms = quantiles_of(merged(phase, &PhaseCells::trial_ms));
  const Distribution bytes = merged(phase, &PhaseCells::bytes);
  out.device_bytes = quantiles_of(bytes);
  for (size_t i = 0; i <= kCurvePoints; ++i) {
    out.bytes_curve.push_back(bytes.quantile(static_cast<double>(i) / kCurvePoints));
  }
  for (size_t c = 0; c < kMaxClasses; ++c) {
    uint64_t least = 0;
    uint64_t confirmed = 0;
    for (size_t i = 0; i < swarms_; ++i) {
      const PhaseCells& cells = board_.swarms[i].phases[static_cast<size_t>(phase)];
      const uint64_t here = cells.least_bytes[c].load();
      if (here != 0) least = least == 0 ? here : std::min(least, here);
      confirmed += cells.confirmed[c].load();
      out.chunk_bytes += cells.chunk_bytes[c].load();
    }
    out.needed_bytes += least * confirmed;
  }
}

void Recorder::fill_herd(HerdReport& out) const {
  Distribution back;
  uint64_t last = 0;
  for (size_t i = 0; i < swarms_; ++i) {
    back.add(board_.swarms[i].back_ms);
    last = std::max(last, board_.swarms[i].last_back_ms.load());
  }
  out.back = back.count();
  out.back_ms = quantiles_of(back);
  out.last_back_s = static_cast<double>(last) / 1000;
}

Quantiles Recorder::lateness() const {
  Distribution late;
  for (size_t i = 0; i < swarms_; ++i) late.add(board_.swarms[i].late_ms);
  return quantiles_of(late);
}

double Recorder::device_kib(uint64_t devices, double resident_kib) const {
  const auto bare = static_cast<double>(sum(&SwarmCells::rss_kib_bare));
  if (resident_kib <= bare || devices == 0) return 0;
  return (resident_kib - bare) / static_cast<double>(devices);
}

}  // namespace flotilla::sim
