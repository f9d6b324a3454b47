#include "edge-client/mqtt/session.h"
#include "tests/bench/firmware/bare_ports.h"

/// An image whose only purpose is its size: core and MQTT client with ports that do nothing. The
/// volatile reads keep the linker from dropping a path; `size` of the image less that of the empty
/// one is what Flotilla costs a microcontroller besides TLS, TCP/IP and the wire decoder.
namespace flotilla::bench {
namespace {

volatile uint8_t g_input[512];
volatile uint32_t g_sink;

Bytes input() {
  return {const_cast<const uint8_t*>(g_input), sizeof g_input};
}

}  // namespace

Digest BareCrypto::sha256(std::initializer_list<Bytes> parts) {
  for (const Bytes part : parts) g_sink = g_sink + static_cast<uint32_t>(part.size());
  return {};
}

bool BareCrypto::verify(const PublicKey& key, const Digest& digest, Bytes signature) {
  return key[0] == signature[0] && digest.bytes[0] == g_input[0];
}

void BareCrypto::hash_update(Bytes bytes) {
  g_sink = g_sink + bytes[0];
}

Status BareStorage::write(uint8_t, edge::Slot, uint64_t, Bytes bytes) {
  g_sink = g_sink + bytes[0];
  return ok_status();
}

Status BareStorage::read(uint8_t, edge::Slot, uint64_t, MutableBytes out) {
  fill(out, g_input[1]);
  return ok_status();
}

Status BareStorage::write(edge::JournalArea, uint8_t, uint32_t, Bytes bytes) {
  g_sink = g_sink + bytes[0];
  return ok_status();
}

Status BareStorage::read(edge::JournalArea, uint8_t, uint32_t, MutableBytes out) {
  fill(out, g_input[2]);
  return ok_status();
}

#ifdef FLOTILLA_BENCH_CORE
namespace {

BareCrypto g_crypto;
BareStorage g_storage;
BareRuntime g_runtime;
BareOutbox g_outbox;
alignas(8) uint8_t g_chunk[16];  // the caller's buffers are not counted
alignas(8) uint8_t g_decoder[16];

void drive_device(edge::Device& device, MonoTime now) {
  (void)device.start(Signed<Keyset>{}, now);
  device.on_keyset(Signed<Keyset>{}, now);
  device.on_directive(Signed<Directive>{}, g_input[3] != 0, now);
  device.on_offer(g_input[4], TransferOffer{}, now);
  device.on_chunk(Chunk{}, g_input[5], now);
  device.on_malformed_chunk(g_input[6], now);
  device.on_acknowledgement(Acknowledgement{}, now);
  device.on_self_test(0, edge::SelfTestOutcome::kPassed, "", now);
  device.tick(now);
  if (device.has_work()) device.work(now);
  g_sink = static_cast<uint32_t>(device.next_deadline().ms) + device.reconnect_window_s();
}

edge::Device& the_device() {
  static edge::Device device(edge::DeviceConfig{},
                             {g_crypto, g_storage, g_storage, g_runtime, g_outbox}, g_chunk,
                             g_decoder, 1);
  return device;
}

}  // namespace
#endif

#ifdef FLOTILLA_BENCH_MQTT
namespace {

class Sink final : public mqtt::Listener {
 public:
  void on_connected(const mqtt::ServerLimits& limits) override { g_sink = limits.receive_maximum; }
  MutableBytes on_publish_begin(const mqtt::PublishHeader& header) override {
    g_sink = header.payload_size;
    return {};
  }
  void on_publish_end() override {}
  void on_subscribed(uint16_t id, uint8_t) override { g_sink = id; }
  void on_unsubscribed(uint16_t id, uint8_t) override { g_sink = id; }
  void on_published(uint16_t id, uint8_t) override { g_sink = id; }
  void on_closed(uint8_t code, const char*) override { g_sink = code; }
};

void drive_session(MonoTime now) {
  static Sink sink;
  static mqtt::Session session(mqtt::Options{}, sink);
  session.start(now);
  session.receive(input(), now);
  (void)session.publish("t", input(), mqtt::QoS::kAtLeastOnce, now);
  (void)session.subscribe("t", 1, now);
  (void)session.unsubscribe("t", now);
  g_sink = static_cast<uint32_t>(session.pending_output().size());
  session.transmit_done(g_input[7], now);
  session.tick(now);
  session.disconnect(g_input[8], now);
  g_sink = static_cast<uint32_t>(session.next_deadline().ms) + session.connected();
}

}  // namespace
#endif

}  // namespace flotilla::bench

int main() {
  const flotilla::MonoTime now{flotilla::bench::g_input[9]};
#ifdef FLOTILLA_BENCH_CORE
  flotilla::bench::drive_device(flotilla::bench::the_device(), now);
#endif
#ifdef FLOTILLA_BENCH_MQTT
  flotilla::bench::drive_session(now);
#endif
  return static_cast<int>(now.ms);
}

// Ports call through vtables: the C++ run-time's trap for pure calls, without its demangler.
extern "C" void __cxa_pure_virtual() {
  __builtin_trap();
}
