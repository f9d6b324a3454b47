#pragma once

#include <netinet/in.h>

#include <string>
#include <vector>

#include "edge-client/adapters/tls_socket.h"
#include "edge-client/agent/agent.h"
#include "simulator/load/board.h"
#include "simulator/load/device_keys.h"
#include "simulator/load/swarm/content_pool.h"
#include "simulator/load/swarm/device_crypto.h"
#include "simulator/load/swarm_config.h"

namespace flotilla::sim {

/// What the devices of one process share: configuration, cells of the board, content, and memory
/// that a device needs only within one call.
class Surroundings {
 public:
  /// Throws std::runtime_error with a sentence for people.
  Surroundings(const SwarmConfig& settings, Board& whole);

  /// The agent's configuration of device `number`.
  edge::AgentConfig agent_config(uint32_t number, bool floods) const;
  /// Shared parts of an agent's memory; its reports are the device's own.
  edge::AgentMemory memory();
  const Signed<Keyset>& keyset() const { return keyset_; }
  /// The device's TLS socket, loaded; null without TLS.
  std::unique_ptr<edge::TlsSocket> tls_socket(uint32_t number);
  MutableBytes receive_buffer();

  const SwarmConfig config;
  Board& board;
  SwarmCells& cells;
  ContentPool pool;
  SignatureMemo memo;
  DeviceKeys keys;
  edge::MbedRandom random;
  sockaddr_in address{};

 private:
  void read_keyset();

  edge::AgentConfig template_;
  Signed<Keyset> keyset_;
  std::vector<uint64_t> keyset_bytes_;
  std::vector<uint64_t> chunk_;
  std::vector<uint64_t> decoder_;
  std::vector<uint64_t> message_;
  std::vector<uint64_t> arena_;
  std::vector<uint64_t> receive_;
};

}  // namespace flotilla::sim
