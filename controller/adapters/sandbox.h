#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace flotilla::controller {

/// What a command may use. Every limit ends all its processes at once.
struct SandboxLimits {
  uint32_t wall_s = 600;
  uint32_t cpu_s = 600;        ///< of one process
  uint64_t memory_mib = 2048;  ///< address space of a process, and memory of all together
  uint32_t processes = 64;     ///< threads count
  uint64_t disk_mib = 4096;    ///< of a file, and of the folder
};

/// How strict the walls are when the system cannot build one.
struct SandboxWalls {
  bool needs_namespaces = true;  ///< of its own: users, processes, network, IPC
  bool needs_landlock = true;
  uint32_t user = 65534;  ///< that commands run as when the server is root
};

struct SandboxOrder {
  std::vector<std::string> argv;      ///< argv[0] is an absolute path
  std::string folder;                 ///< absolute; where it starts, and may write
  std::vector<std::string> readable;  ///< files and folders, beside the system's programs
  SandboxLimits limits;
  SandboxWalls walls;
};

enum class SandboxEnd : uint8_t {
  kExited,
  kSignal,
  kNetwork,  ///< it asked for a socket
  kWallTime,
  kCpuTime,
  kMemory,
  kProcesses,
  kDisk,
  kCancelled,
  kNotStarted,
};

struct SandboxOutcome {
  SandboxEnd end = SandboxEnd::kNotStarted;
  int code = 0;                         ///< exit code or signal
  std::string explanation;              ///< for people
  std::vector<std::string> mechanisms;  ///< that held it: "landlock 4", "seccomp", ...
  std::string log;                      ///< what it said on both outputs, the first 256 KiB
  uint64_t log_bytes = 0;               ///< all that it said
  uint32_t wall_ms = 0;
};

/// Runs a command that nobody trusts: no network, nothing to read but the system's programs and
/// what is named, nothing to write but its folder, bounded in time, memory, processes and disk, and
/// ended with all its children. Waits for it. When a wall cannot be built it is not started, unless
/// `walls` says otherwise (docs/decisions/0016). Needs Linux; usable from several threads.
SandboxOutcome run_in_sandbox(const SandboxOrder& order, const std::atomic<bool>& cancel);

}  // namespace flotilla::controller
