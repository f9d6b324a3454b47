// Status reports made durable by the controller through a real broker with mutual TLS. Each device
// keeps a few reports under way, with rising sequence numbers, and sends the next when the
// controller acknowledges, which it does only after the commit. All reports under way fit the
// broker's queue for the controller (broker-config: 200 messages): beyond it Mosquitto drops, and a
// device would have to repeat.
//
//   reports_bench [DEVICES [REPORTS]]      default: 40 500

#include <mqtt/async_client.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "controller/adapters/mbed_hasher.h"
#include "schemas/protocol/topics.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"
#include "tests/support/fleet/plant.h"

namespace flotilla::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Reports that may be under way at a time: of all devices, and of one, whose client would pause
/// at the broker's receive maximum.
constexpr uint64_t kUnderWay = 160;
constexpr uint64_t kWindow = 16;
constexpr std::chrono::seconds kPatience{60};

/// Counts acknowledgements, whichever device they are for.
class Progress {
 public:
  void made() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  uint64_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  /// False when nothing came for kPatience.
  bool wait_beyond(uint64_t seen) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return count_ > seen; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t count_ = 0;
};

/// One certificate, one connection, one stream of reports.
class Reporter {
 public:
  Reporter(test::Plant& plant, const std::string& id, Hasher& hasher, Progress& progress)
      : id_(id),
        progress_(progress),
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

  /// Sends what `window` reports under way allow, up to number `last`. True when all are durable.
  bool advance(uint64_t window, uint64_t last) {
    const uint64_t durable = acknowledged_;
    while (sent_ < last && sent_ < durable + window) publish(++sent_);
    return durable >= last;
  }

  void disconnect() { client_.disconnect()->wait(); }

 private:
  void publish(uint64_t seq) {
    StateReport report;
    report.device = DeviceId(id_);
    report.hardware_class = Name("cam-npu");
    report.order = {1, 1, seq};
    ModelState model;
    model.model = Name("linear");
    model.slot_size = 1u << 20;
    model.chunks_total = kMaxChunks;
    model.chunks_done = static_cast<uint32_t>(seq % kMaxChunks);
    (void)report.models.push_back(model);
    const Result<size_t> size = encoder_.state_report(report, buffer_);
    if (!size.ok()) throw std::runtime_error(size.status().reason());
    client_.publish(state_topic_, buffer_.data(), size.value(), 1, false);
  }

  void acknowledged(const mqtt::message& message) {
    alignas(8) std::array<uint8_t, kMaxAcknowledgement> copy;
    const mqtt::binary_ref payload = message.get_payload_ref();
    if (payload.length() > copy.size()) return;
    std::copy(payload.data(), payload.data() + payload.length(), copy.begin());
    const auto ack = wire::decode_acknowledgement({copy.data(), payload.length()});
    if (!ack.ok()) return;
    acknowledged_ = ack.value().order.seq;
    progress_.made();
  }

  std::string id_;
  Progress& progress_;
  mqtt::async_client client_;
  mqtt::connect_options options_;
  Topics topics_;
  std::string state_topic_;
  alignas(8) std::array<uint8_t, 32 * 1024> arena_;
  wire::Encoder encoder_{arena_};
  std::array<uint8_t, kMaxStateReport> buffer_;
  uint64_t sent_ = 0;
  std::atomic<uint64_t> acknowledged_{0};
};

using Fleet = std::vector<std::unique_ptr<Reporter>>;

bool report_all(Fleet& fleet, uint64_t reports, Progress& progress) {
  const uint64_t window = std::clamp<uint64_t>(kUnderWay / fleet.size(), 1, kWindow);
  for (;;) {
    const uint64_t seen = progress.count();
    bool all = true;
    for (auto& reporter : fleet) all = reporter->advance(window, reports) && all;
    if (all) return true;
    if (!progress.wait_beyond(seen)) return false;
  }
}

int run(int devices, int reports) {
  test::Plant plant;
  plant.start_broker();
  plant.start_controller();
  controller::MbedHasher hasher;
  Progress progress;
  Fleet fleet;
  for (int i = 0; i < devices; ++i) {
    const std::string id = "bench-" + std::to_string(i);
    plant.add_device({.id = id});
    fleet.push_back(std::make_unique<Reporter>(plant, id, hasher, progress));
    fleet.back()->connect();
  }
  const auto began = Clock::now();
  const bool all = report_all(fleet, static_cast<uint64_t>(reports), progress);
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  for (auto& reporter : fleet) reporter->disconnect();
  if (!all) {
    std::fprintf(stderr, "reports_bench: no acknowledgement for %d s\n",
                 static_cast<int>(kPatience.count()));
    return 1;
  }
  std::printf("%d devices x %d reports: %.0f durable reports/s through Mosquitto with mutual TLS\n",
              devices, reports, devices * reports / seconds);
  return 0;
}

}  // namespace
}  // namespace flotilla::bench

int main(int argc, char** argv) {
  const int devices = argc > 1 ? std::atoi(argv[1]) : 40;
  const int reports = argc > 2 ? std::atoi(argv[2]) : 500;
  try {
    return flotilla::bench::run(devices, reports);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reports_bench: %s\n", error.what());
    return 1;
  }
}
