#include "edge-client/app/memory.h"

namespace flotilla::edge {
namespace {

constexpr size_t words(size_t bytes) {
  return (bytes + 7) / 8;
}

MutableBytes view(std::vector<uint64_t>& block) {
  return {reinterpret_cast<uint8_t*>(block.data()), block.size() * 8};
}

}  // namespace

AgentHeap::AgentHeap(const DeviceConfig& config)
    : chunk_(words(config.chunk_max + kChunkOverhead)),
      decoder_(words(config.decoder_memory_limit)),
      message_(words(kMaxEnvelope)),
      state_(words(kMaxStateReport)),
      state_behind_(words(kMaxStateReport)),
      health_(words(kMaxHealthReport)),
      arena_(words(wire::kDeviceArena)) {}

AgentMemory AgentHeap::memory() {
  return {view(chunk_),        view(decoder_), view(message_), view(state_),
          view(state_behind_), view(health_),  view(arena_)};
}

}  // namespace flotilla::edge
