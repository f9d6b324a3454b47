#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace flotilla::controller {

/// Filter of system calls (seccomp, classic BPF) for a sandboxed command on this processor; empty:
/// the processor is not known. A socket of any family but the local ones ends the process (SIGSYS).
/// Refused: local sockets, leaving the process group, namespaces, mounts, tracing, io_uring, bpf,
/// keys, kernel modules, clocks, memory that belongs to no process, and emptying a file by opening
/// it for reading. Changes of mode, owner and attributes, and of times by path, do nothing:
/// Landlock does not see them.
std::vector<sock_filter> sandbox_filter();

}  // namespace flotilla::controller
