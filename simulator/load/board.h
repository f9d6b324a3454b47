#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "simulator/load/histogram.h"

/// What the swarm processes and the conductor share: one piece of memory, only counters that grow,
/// written by one side each. Neither waits for the other.
namespace flotilla::sim {

/// The rollouts of a run: the first brings a model to empty devices, the second replaces it.
enum class Phase : uint8_t { kInstall, kUpdate };
inline constexpr size_t kPhases = 2;
inline constexpr size_t kMaxClasses = 8;
inline constexpr size_t kMaxSwarms = 64;

/// Why a connection, or an attempt at one, ended.
enum class Trouble : uint8_t {
  kRefused,      ///< nobody listens
  kUnreachable,  ///< no TCP connection for another reason
  kHandshake,    ///< TCP, but no TLS session
  kNoAnswer,     ///< a transport, but no CONNACK in time
  kTurnedAway,   ///< the broker closed before it accepted, or refused
  kLost,         ///< an accepted connection broke
  kSilent,       ///< no PINGRESP, or no PUBACK for a report
  kDismissed,    ///< the broker said goodbye
};
inline constexpr size_t kTroubles = 8;
const char* trouble_name(Trouble trouble);

/// Where a device stands in a rollout; each counts the devices that ever got so far.
enum class Step : uint8_t {
  kTransferring,
  kStaged,
  kTrial,
  kConfirmed,
  kReverted,  ///< by itself
  kRejected,
  kFailed,
  kRolledBack,  ///< the controller ordered it
};
inline constexpr size_t kSteps = 8;
const char* step_name(Step step);

using Cell = std::atomic<uint64_t>;

struct PhaseCells {
  std::array<Cell, kSteps> reached{};
  SharedHistogram staged_ms;     ///< from the rollout's start
  SharedHistogram confirmed_ms;  ///< from the rollout's start
  SharedHistogram trial_ms;      ///< from staged to confirmed
  SharedHistogram bytes;         ///< of chunk messages, by confirmed device
  // By hardware class, of confirmed devices:
  std::array<Cell, kMaxClasses> confirmed{};
  std::array<Cell, kMaxClasses> chunk_bytes{};
  std::array<Cell, kMaxClasses> least_bytes{};  ///< what a device needs when nothing is repeated
};

/// One swarm process's part.
struct SwarmCells {
  Cell ready{};         ///< devices that were made
  Cell attempts{};      ///< at a connection
  Cell transports{};    ///< TCP or TLS established
  Cell accepted{};      ///< CONNACKs
  Cell ended{};         ///< accepted connections that are over
  Cell wasted{};        ///< handshakes that no CONNACK followed
  Cell acknowledged{};  ///< devices that the controller answered at least once
  Cell messages_in{};
  Cell reports_out{};
  Cell bytes_in{};
  Cell bytes_out{};
  Cell malformed{};  ///< messages that were refused, of any kind
  Cell restarts{};   ///< of devices, by misbehaviour
  std::array<Cell, kTroubles> troubles{};
  std::array<PhaseCells, kPhases> phases{};
  SharedHistogram back_ms;  ///< from the broker's return to the device's CONNACK
  Cell last_back_ms{};
  SharedHistogram late_ms;  ///< how late the simulator itself turned to a device
  Cell rss_kib_bare{};      ///< before the devices were made
  Cell rss_kib_loaded{};    ///< when all were acknowledged
};

enum class Command : uint32_t { kRun, kStop };

struct Board {
  std::atomic<Command> command{Command::kRun};
  std::atomic<uint32_t> phase{0};                        ///< of rollouts that begin now
  std::array<std::atomic<int64_t>, kPhases> start_ms{};  ///< monotonic; of the rollout
  std::atomic<int64_t> broker_killed_ms{0};              ///< monotonic; 0: not yet
  std::atomic<int64_t> broker_back_ms{0};
  std::array<SwarmCells, kMaxSwarms> swarms{};
};

/// The board in anonymous memory that children inherit by descriptor.
class SharedBoard {
 public:
  /// A new one. Throws std::system_error.
  SharedBoard();
  /// One that the parent made.
  explicit SharedBoard(int fd);
  ~SharedBoard();
  SharedBoard(const SharedBoard&) = delete;
  SharedBoard& operator=(const SharedBoard&) = delete;

  Board& operator*() { return *board_; }
  Board* operator->() { return board_; }
  int fd() const { return fd_; }

 private:
  void map();

  int fd_ = -1;
  Board* board_ = nullptr;
};

}  // namespace flotilla::sim
