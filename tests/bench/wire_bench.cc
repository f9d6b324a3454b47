// Bytes on the wire per device for one update, through a real Mosquitto with mutual TLS: a counting
// relay stands between each device and the broker.
//
//   wire_bench [KIB [DEVICES]]      default: 1024 4

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tests/bench/counting_proxy.h"
#include "tests/support/fleet/plant.h"

namespace flotilla::bench {
namespace {

constexpr char kClass[] = "cam-npu";

/// Sums over the fleet.
struct FleetTraffic {
  Traffic received;
  Traffic sent;
};

struct Payload {
  std::string kind;
  uint64_t size = 0;
  uint64_t published = 0;  ///< once for the class, with proofs
};

class Wire {
 public:
  Wire(int kib, int devices) {
    plant_.start_broker();
    plant_.start_controller();
    plant_.make_model("v1", 1, kib);
    plant_.tune_model("v1", "v2", 2);
    for (int i = 0; i < devices; ++i) {
      proxies_.push_back(std::make_unique<CountingProxy>(plant_.broker_port()));
      ids_.push_back("cam-" + std::to_string(i));
      plant_.add_device({.id = ids_.back(), .broker_port = proxies_.back()->port()});
    }
    std::printf("%d devices, model of %d KiB; bytes per device\n", devices, kib);
    std::printf("%-22s %9s %10s | %9s %9s %9s | %9s %9s\n", "", "payload", "published", "received",
                "in TCP", "/payload", "sent", "in TCP");
  }

  bool run() {
    for (const std::string& id : ids_) plant_.start_device(id);
    plant_.eventually_all_report(ids_);
    row("connect, first report", {});
    return update("v1", "1.0", 1) && update("v2", "2.0", 2);
  }

 private:
  bool update(const std::string& model, const std::string& label, int rollout) {
    if (plant_.push(model, kClass, label).exit_code != 0) return false;
    const test::CommandResult rolled =
        plant_.flotilla({"rollout", "start", "linear", label, "--canary", "100%", "--soak", "1",
                         "--healthy-for", "1", "--trial-deadline", "60", "--watch"},
                        300);
    if (rolled.exit_code != 0) {
      std::fprintf(stderr, "%s%s", rolled.out.c_str(), rolled.err.c_str());
      return false;
    }
    const Payload payload = payload_of(rollout);
    row("update, " + payload.kind + " payload", payload);
    return true;
  }

  /// The one that devices prefer among those at rest for the rollout's release.
  Payload payload_of(int rollout) {
    const nlohmann::json classes =
        plant_.rows({"rollout", "show", std::to_string(rollout)}, "classes");
    Payload chosen;
    for (const nlohmann::json& row : plant_.rows({"transfer", "list"}, "transfers")) {
      if (classes.empty() || row["release_digest"] != classes[0]["release_digest"]) continue;
      if (chosen.kind == "delta") continue;
      chosen = {row["kind"], row["payload_size"], row["message_bytes"]};
    }
    return chosen;
  }

  FleetTraffic fleet() const {
    FleetTraffic sum;
    for (const auto& proxy : proxies_) {
      const Traffic received = proxy->to_device();
      const Traffic sent = proxy->to_broker();
      sum.received = {sum.received.tcp + received.tcp, sum.received.mqtt + received.mqtt};
      sum.sent = {sum.sent.tcp + sent.tcp, sum.sent.mqtt + sent.mqtt};
    }
    return sum;
  }

  /// What passed since the last row, a device's share of it.
  void row(const std::string& name, const Payload& payload) {
    const FleetTraffic now = fleet();
    const auto share = [&](uint64_t after, uint64_t before) {
      return static_cast<unsigned long long>((after - before) / proxies_.size());
    };
    const auto received = share(now.received.mqtt, before_.received.mqtt);
    const double ratio =
        payload.size == 0 ? 0 : static_cast<double>(received) / static_cast<double>(payload.size);
    std::printf("%-22s %9llu %10llu | %9llu %9llu %9.3f | %9llu %9llu\n", name.c_str(),
                static_cast<unsigned long long>(payload.size),
                static_cast<unsigned long long>(payload.published), received,
                share(now.received.tcp, before_.received.tcp), ratio,
                share(now.sent.mqtt, before_.sent.mqtt), share(now.sent.tcp, before_.sent.tcp));
    before_ = now;
  }

  test::Plant plant_;
  std::vector<std::unique_ptr<CountingProxy>> proxies_;
  std::vector<std::string> ids_;
  FleetTraffic before_;
};

}  // namespace
}  // namespace flotilla::bench

int main(int argc, char** argv) {
  const int kib = argc > 1 ? std::atoi(argv[1]) : 1024;
  const int devices = argc > 2 ? std::atoi(argv[2]) : 4;
  flotilla::bench::Wire wire(kib, devices);
  return wire.run() ? 0 : 1;
}
