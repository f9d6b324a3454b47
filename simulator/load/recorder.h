#pragma once

#include <chrono>
#include <vector>

#include "simulator/load/board.h"
#include "simulator/load/report.h"
#include "simulator/load/resident_memory.h"

namespace flotilla::sim {

/// The processes of a run, whose use of processor and memory is watched. A part that was restarted
/// keeps what its former processes had used.
struct Watched {
  std::vector<pid_t> controllers;
  std::vector<pid_t> brokers;
  std::vector<pid_t> swarms;
};

/// Samples of a run at equal distances, as many as fit: when the memory for them is full, every
/// second one goes.
class Recorder {
 public:
  Recorder(Board& board, size_t swarms);

  double elapsed_s() const;
  /// Takes a sample when it is time. True when it did.
  bool sample(const Watched& processes);
  /// Takes one in any case.
  const Sample& sample_now(const Watched& processes);
  const std::vector<Sample>& samples() const { return samples_; }

  // Sums over the swarms.
  uint64_t sum(Cell SwarmCells::*cell) const;
  uint64_t trouble(Trouble trouble) const;
  uint64_t reached(Phase phase, Step step) const;
  uint64_t connected() const;
  void fill_phase(Phase phase, PhaseReport& out) const;
  void fill_herd(HerdReport& out) const;
  Quantiles lateness() const;
  /// Of `resident_kib` of all swarms, what each device takes.
  double device_kib(uint64_t devices, double resident_kib) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Total {
    double past_cpu_s = 0;  ///< of processes that are gone
    double cpu_s = 0;
    double mib = 0;
    std::vector<pid_t> pids;
  };

  void measure(Total& total, const std::vector<pid_t>& pids);
  Distribution merged(Phase phase, SharedHistogram PhaseCells::*part) const;
  void thin_out();

  Board& board_;
  const size_t swarms_;
  const Clock::time_point began_ = Clock::now();
  double interval_s_ = 1;
  double next_s_ = 0;
  Total controllers_;
  Total brokers_;
  Total devices_;
  std::vector<Sample> samples_;
};

}  // namespace flotilla::sim
