#pragma once

#include <cstdint>
#include <vector>

#include "edge-client/agent/agent.h"

namespace flotilla::edge {

/// The agent's memory, taken once from the heap: about 50 KiB with the default limits.
class AgentHeap {
 public:
  explicit AgentHeap(const DeviceConfig& config);
  AgentHeap(const AgentHeap&) = delete;
  AgentHeap& operator=(const AgentHeap&) = delete;

  AgentMemory memory();

 private:
  using Block = std::vector<uint64_t>;  // 8-byte aligned

  Block chunk_;
  Block decoder_;
  Block message_;
  Block state_;
  Block state_behind_;
  Block health_;
  Block arena_;
};

}  // namespace flotilla::edge
