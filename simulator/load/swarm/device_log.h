#pragma once

#include "schemas/protocol/messages.h"
#include "simulator/load/board.h"

namespace flotilla::sim {

/// One device's entries on the board.
class DeviceLog {
 public:
  DeviceLog(Board& board, SwarmCells& cells, uint32_t hardware_class)
      : board_(board), cells_(cells), class_(static_cast<uint8_t>(hardware_class)) {}

  void online(MonoTime now);
  /// An accepted connection, or an attempt with a transport, is over.
  void offline(Trouble trouble);
  /// An attempt failed before there was a transport to speak on.
  void no_transport(Trouble trouble);
  void report(const ModelState& state, MonoTime now);

  bool is_online() const { return online_; }
  /// The newest rollout's step, as far as it got.
  bool reached(Step step) const { return (reached_ & 1u << static_cast<unsigned>(step)) != 0; }
  Phase phase() const { return phase_; }

 private:
  void reach(Step step, const ModelState& state, uint32_t since_start);
  void confirm(const ModelState& state, uint32_t since_start);

  Board& board_;
  SwarmCells& cells_;
  uint8_t class_;
  bool online_ = false;
  bool in_outage_ = false;  ///< the connection broke when the broker was restarted
  MonoTime online_at_;
  uint8_t reached_ = 0;  ///< bits by step
  Phase phase_ = Phase::kInstall;
  uint32_t rollout_ = 0;
  uint32_t staged_ms_ = 0;
  uint32_t confirmed_version_ = 0;
};

}  // namespace flotilla::sim
