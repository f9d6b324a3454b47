// Status reports made durable by the controller through a real broker: devices publish state
// reports with rising sequence numbers over mutual TLS as fast as QoS 1 allows; the clock stops
// when every device holds an acknowledgement of its last one, which the controller sends only after
// the commit.
//
//   reports_bench [DEVICES [REPORTS]]      default: 40 500

#include <mqtt/async_client.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <vector>

#include "controller/adapters/mbed_hasher.h"
#include "schemas/protocol/topics.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"
#include "tests/support/fleet/plant.h"

namespace flotilla::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// One certificate, one connection, one stream of reports.
class Reporter {
 public:
  Reporter(test::Plant& plant, const std::string& id, Hasher& hasher)
      : id_(id),
        client_("ssl://localhost:" + std::to_string(plant.broker_port()), id,
                mqtt::create_options(MQTTVERSION_5)),
        topics_("plant/test"),
        state_topic_(topics_.state(device_shard(hasher, id), id).view()) {
    mqtt::ssl_options tls;
    const auto pki = plant.folder() / "pki";
    tls.set_trust_store(pki / "ca.crt");
    tls.set_key_store(pki / (id + ".crt"));
    tls.set_private_key(pki / (id + ".key"));
    options_.set_mqtt_version(MQTTVERSION_5);
    options_.set_clean_start(true);
    options_.set_max_inflight(20);
    options_.set_ssl(tls);
    client_.set_message_callback(
        [this](mqtt::const_message_ptr message) { acknowledged(*message); });
  }

  void connect() {
    client_.connect(options_)->wait();
    client_.subscribe(std::string(topics_.acknowledgement(id_).view()), 1)->wait();
  }

  void publish(uint64_t seq) {
    StateReport report;
    report.device = DeviceId(id_);
    report.hardware_class = Name("cam-npu");
    report.order = {1, 1, seq};
    ModelState model;
    model.model = Name("linear");
    model.slot_size = 1u << 20;
    model.chunks_done = static_cast<uint32_t>(seq);
    (void)report.models.push_back(model);
    const Result<size_t> size = encoder_.state_report(report, buffer_);
    if (!size.ok()) std::abort();
    client_.publish(state_topic_, buffer_.data(), size.value(), 1, false);
  }

  bool done(uint64_t last) const { return acknowledged_.load() >= last; }
  void disconnect() { client_.disconnect()->wait(); }

 private:
  void acknowledged(const mqtt::message& message) {
    alignas(8) std::array<uint8_t, kMaxAcknowledgement> copy;
    const mqtt::binary_ref payload = message.get_payload_ref();
    if (payload.length() > copy.size()) return;
    std::copy(payload.data(), payload.data() + payload.length(), copy.begin());
    const auto ack = wire::decode_acknowledgement({copy.data(), payload.length()});
    if (ack.ok()) acknowledged_ = ack.value().order.seq;
  }

  std::string id_;
  mqtt::async_client client_;
  mqtt::connect_options options_;
  Topics topics_;
  std::string state_topic_;
  alignas(8) std::array<uint8_t, 32 * 1024> arena_;
  wire::Encoder encoder_{arena_};
  std::array<uint8_t, kMaxStateReport> buffer_;
  std::atomic<uint64_t> acknowledged_{0};
};

int run(int devices, int reports) {
  test::Plant plant;
  plant.start_broker();
  plant.start_controller();
  controller::MbedHasher hasher;
  std::vector<std::unique_ptr<Reporter>> fleet;
  for (int i = 0; i < devices; ++i) {
    const std::string id = "bench-" + std::to_string(i);
    plant.add_device({.id = id});
    fleet.push_back(std::make_unique<Reporter>(plant, id, hasher));
    fleet.back()->connect();
  }
  const uint64_t last = static_cast<uint64_t>(reports);
  const auto began = Clock::now();
  for (uint64_t seq = 1; seq <= last; ++seq) {
    for (auto& reporter : fleet) reporter->publish(seq);
  }
  const bool all = plant.eventually("every report is acknowledged", 120, [&] {
    for (auto& reporter : fleet) {
      if (!reporter->done(last)) return false;
    }
    return true;
  });
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  std::printf(
      "%d devices x %d reports: %.0f durable reports/s through Mosquitto with mutual TLS%s\n",
      devices, reports, devices * reports / seconds, all ? "" : " (INCOMPLETE)");
  for (auto& reporter : fleet) reporter->disconnect();
  return all ? 0 : 1;
}

}  // namespace
}  // namespace flotilla::bench

int main(int argc, char** argv) {
  const int devices = argc > 1 ? std::atoi(argv[1]) : 40;
  const int reports = argc > 2 ? std::atoi(argv[2]) : 500;
  return flotilla::bench::run(devices, reports);
}
