#include "simulator/load/swarm/surroundings.h"

#include <arpa/inet.h>

#include <stdexcept>

#include "edge-client/adapters/posix.h"
#include "schemas/wire/wire.h"

namespace flotilla::sim {
namespace {

/// What one read takes, and the rest of a message before it.
constexpr size_t kReceive = 64 * 1024;

constexpr size_t words(size_t bytes) {
  return (bytes + 7) / 8;
}

MutableBytes view(std::vector<uint64_t>& block) {
  return {reinterpret_cast<uint8_t*>(block.data()), block.size() * 8};
}

}  // namespace

Surroundings::Surroundings(const SwarmConfig& settings, Board& whole)
    : config(settings),
      board(whole),
      cells(whole.swarms.at(settings.index)),
      keys(settings.identity),
      chunk_(words(settings.chunk_max + kChunkOverhead)),
      decoder_(words(settings.decoder_memory)),
      message_(words(kMaxEnvelope)),
      arena_(words(wire::kDeviceArena)),
      receive_(words(kReceive)) {
  address.sin_family = AF_INET;
  address.sin_port = htons(config.port);
  if (inet_pton(AF_INET, config.host.c_str(), &address.sin_addr) != 1) {
    throw std::runtime_error("the broker's address '" + config.host + "' is not IPv4");
  }
  read_keyset();
  template_.topic_prefix.assign_truncated(config.topic_prefix);
  template_.keep_alive_s = config.keep_alive_s;
  template_.reconnect.startup_window = seconds(config.ramp_s);
  template_.reconnect.first_window = seconds(config.first_window_s);
  template_.device.software.assign_truncated("flotilla-sim load");
  (void)template_.device.models.push_back(Name(config.model));
  template_.device.decoder_memory_limit = config.decoder_memory;
  template_.device.chunk_max = config.chunk_max;
  template_.device.health_interval = seconds(config.health_interval_s);
}

void Surroundings::read_keyset() {
  const Result<std::string> text = edge::read_small_file(config.keyset_file, kMaxEnvelope);
  if (!text.ok()) throw std::runtime_error("cannot read the keyset " + config.keyset_file);
  const Bytes source = as_bytes(text.value());
  keyset_bytes_.resize(words(source.size()));
  const MutableBytes bytes = view(keyset_bytes_).first(source.size());
  copy(source, bytes);
  const Result<Signed<Keyset>> decoded = wire::decode_keyset(bytes);
  if (!decoded.ok()) throw std::runtime_error(config.keyset_file + " is not a signed keyset");
  keyset_ = decoded.value();
}

edge::AgentConfig Surroundings::agent_config(uint32_t number, bool floods) const {
  edge::AgentConfig out = template_;
  out.device.device.assign_truncated(device_id(config.id_prefix, number));
  out.device.hardware_class = Name(config.classes[class_of(number, config.classes.size())]);
  if (floods) out.device.health_interval = milliseconds(200);
  return out;
}

edge::AgentMemory Surroundings::memory() {
  edge::AgentMemory out;
  out.chunk = view(chunk_);
  out.decoder = view(decoder_);
  out.message = view(message_);
  out.arena = view(arena_);
  return out;
}

MutableBytes Surroundings::receive_buffer() {
  return view(receive_);
}

std::unique_ptr<edge::TlsSocket> Surroundings::tls_socket(uint32_t number) {
  if (config.ca.empty()) return nullptr;
  edge::TlsConfig tls;
  tls.host = config.host;
  tls.port = config.port;
  tls.server_name = config.server_name;
  tls.ca_file = config.ca;
  tls.cert_file = config.certificates + "/" + device_id(config.id_prefix, number) + ".crt";
  tls.key_file = config.certificates + "/" + std::to_string(number % kKeyPairs) + ".key";
  auto socket = std::make_unique<edge::TlsSocket>(tls, random);
  if (!socket->load().ok()) throw std::runtime_error(socket->explain());
  return socket;
}

}  // namespace flotilla::sim
