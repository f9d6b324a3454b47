#pragma once

#include <sys/types.h>

#include <cstdint>

namespace flotilla::sim {

/// What a process has used so far.
struct Usage {
  double cpu_s = 0;      ///< user and system, of all its threads
  uint64_t rss_kib = 0;  ///< resident now
  bool alive = false;
};

/// From /proc.
Usage usage_of(pid_t pid);
uint64_t resident_kib(pid_t pid);

}  // namespace flotilla::sim
