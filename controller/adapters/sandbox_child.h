#pragma once

#include <linux/filter.h>
#include <stdint.h>

#include <vector>

namespace flotilla::controller {

/// Where the making of a sandbox stopped, or how its command ended; a message of 8 bytes and more.
enum class SandboxStage : int32_t {
  kEnded,  ///< value: status of waitpid; cpu_ms, peak_kib
  kGroup,
  kUser,
  kNamespaces,  ///< unshare
  kIdentity,    ///< uid_map
  kLandlock,
  kFolder,
  kLimits,
  kFilter,
  kProgram,  ///< execve
};

struct SandboxMessage {
  SandboxStage stage = SandboxStage::kEnded;
  int32_t value = 0;  ///< errno, or the status
  uint32_t cpu_ms = 0;
  uint32_t peak_kib = 0;  ///< most memory that one of its processes had; 0: less than the server
};

/// A rule of Landlock: what may be done below an open path.
struct SandboxRule {
  int descriptor = -1;
  uint64_t access = 0;
};

/// Everything that the new process needs, made before the fork: behind it nothing may be allocated.
struct SandboxPlan {
  const char* program = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* folder = nullptr;
  int input = -1;
  int output = -1;
  int status = -1;
  uint32_t switch_to = 0;  ///< user and group; 0: stay
  bool makes_namespaces = false;
  const char* uid_map = nullptr;
  const char* gid_map = nullptr;
  uint64_t handled = 0;  ///< kinds of access that Landlock looks at; 0: no Landlock
  std::vector<SandboxRule> rules;
  std::vector<sock_filter> filter;
  uint64_t memory_bytes = 0;
  uint64_t file_bytes = 0;
  uint32_t cpu_s = 0;
  uint32_t processes = 0;  ///< 0: not limited here
};

/// The forked process: builds the walls, runs the program in a child, waits for it, tells the
/// status and ends. Calls nothing but the system.
[[noreturn]] void become_sandbox(const SandboxPlan& plan);

}  // namespace flotilla::controller
