#include "simulator/load/options.h"

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "simulator/load/board.h"

namespace flotilla::sim {
namespace {

/// Descriptors of a process besides its devices' sockets.
constexpr uint64_t kOtherDescriptors = 64;
/// Connections that two cores carry on both sides, the simulator's and the broker's.
constexpr uint32_t kDevicesPerSecond = 500;
constexpr uint32_t kTlsDevicesPerSecond = 50;
/// Decoding, digests and signatures of a device take a few milliseconds of the simulator's time.
constexpr uint32_t kStartsPerSecond = 200;
constexpr uint32_t kMaxDevices = 1'000'000;

void add_fleet(CLI::App& app, LoadOptions& out) {
  const auto percent = CLI::Range(0, 100);
  app.add_option("--devices", out.devices, "Virtual devices")
      ->check(CLI::Range(1u, kMaxDevices))
      ->capture_default_str();
  app.add_option("--classes", out.classes, "Hardware classes, each with an image of its own")
      ->check(CLI::Range(size_t{1}, kMaxClasses))
      ->capture_default_str();
  app.add_option("--link", out.link, "How devices reach the broker: steady, flaky or shifts")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Link>{
          {"steady", Link::kSteady}, {"flaky", Link::kFlaky}, {"shifts", Link::kShifts}}));
  app.add_option("--ramp", out.ramp_s, "Seconds over which devices connect for the first time");
  app.add_option("--health-interval", out.health_interval_s, "Seconds between health reports")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  app.add_option("--keep-alive", out.keep_alive_s, "MQTT keep-alive, seconds")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--crash", out.misbehaviour.crash, "Per cent that an update takes down")
      ->check(percent);
  app.add_option("--revert", out.misbehaviour.revert, "Per cent that find an update unhealthy")
      ->check(percent);
  app.add_option("--flood", out.misbehaviour.flood, "Per cent that report five times a second")
      ->check(percent);
  app.add_option("--disappear", out.misbehaviour.disappear,
                 "Per cent that are gone once an update is staged")
      ->check(percent);
  app.add_option("--seed", out.seed, "Of images and misfortunes")->capture_default_str();
}

void add_rollout(CLI::App& app, LoadOptions& out) {
  app.add_option("--image-kib", out.image_kib, "Size of an image, KiB")
      ->check(CLI::Range(4, 4096))
      ->capture_default_str();
  app.add_option("--change", out.change_percent, "Per cent of an image that an update changes")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--chunk", out.chunk_max, "Payload bytes of a chunk")
      ->check(CLI::Range(1024, 16384))
      ->capture_default_str();
  app.add_option("--canary", out.canary_percent, "Per cent of the fleet that goes first")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--start-window", out.start_window_s,
                 "Seconds over which devices begin; default: devices / 200")
      ->check(CLI::Range(0, 86400));
  app.add_option("--reconnect-window", out.reconnect_window_s,
                 "Seconds that the controller announces for reconnections")
      ->check(CLI::Range(1, 3600));
}

void add_plant(CLI::App& app, LoadOptions& out) {
  app.add_option("--processes", out.processes, "Processes that play the devices")
      ->check(CLI::Range(size_t{1}, kMaxSwarms))
      ->capture_default_str();
  app.add_option("--brokers", out.brokers,
                 "Brokers, each with a controller and its share of devices")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  app.add_flag("--tls", out.tls, "Mutual TLS with a certificate for each device");
  app.add_option("--restart-broker", out.restart_broker_s,
                 "Kill the broker so many seconds after the update began, and start it again");
  app.add_option("--down", out.broker_down_s, "Seconds until the killed broker is back")
      ->check(CLI::Range(0.0, 600.0))
      ->capture_default_str();
  app.add_option("--broker", out.broker, "HOST:PORT of a broker that runs already");
  app.add_option("--controller", out.controller, "URL of its controller");
  app.add_option("--confirm", out.confirm, "The broker's address once more: it will be loaded");
  app.add_option("--token-file", out.token_file, "Admin token of that controller");
  app.add_option("--keyset", out.keyset_file, "Keyset that its devices are provisioned with");
  app.add_option("--prefix", out.prefix, "Its topic prefix")->capture_default_str();
  app.add_option("--ca-folder", out.ca_folder, "With --tls: ca.crt and ca.key of its authority");
}

void add_output(CLI::App& app, LoadOptions& out) {
  app.add_option("--minutes", out.minutes, "The run ends after this long, whatever happens")
      ->check(CLI::Range(0.01, 1440.0))
      ->capture_default_str();
  app.add_option("--json", out.json_file, "Write the report as JSON");
  app.add_option("--report", out.html_file, "Write the report as one HTML page");
  app.add_flag("--plain", out.plain_display, "Lines instead of a live display");
  app.add_flag("--keep", out.keep, "Keep the folder with the logs of broker and controller");
}

std::string check_foreign(const LoadOptions& options) {
  if (!options.is_foreign()) return "";
  if (options.broker.empty() || options.controller.empty()) {
    return "--broker and --controller belong together";
  }
  if (options.confirm != options.broker) {
    return "this would load the broker at " + options.broker + " with " +
           std::to_string(options.devices) + " devices and enrol them at " + options.controller +
           "; repeat the broker's address with --confirm " + options.broker + " to do that";
  }
  if (options.token_file.empty() || options.keyset_file.empty()) {
    return "--broker needs --token-file and --keyset: devices are enrolled and provisioned";
  }
  if (options.broker.find(':') == std::string::npos) return "--broker must be HOST:PORT";
  if (options.restart_broker_s) return "--restart-broker restarts only a broker that load started";
  if (options.brokers != 1) return "--brokers is for brokers that load starts";
  if (options.tls && options.ca_folder.empty()) return "--tls with --broker needs --ca-folder";
  return "";
}

std::string check_shares(const LoadOptions& options) {
  const Misbehaviour& shares = options.misbehaviour;
  if (shares.crash + shares.revert + shares.flood + shares.disappear > 100) {
    return "--crash, --revert, --flood and --disappear are more than 100 % together";
  }
  if (options.processes < options.brokers) return "--processes must be at least --brokers";
  if (options.devices < options.processes) return "--devices must be at least --processes";
  const uint64_t chunks = uint64_t{options.image_kib} * 1024 / options.chunk_max;
  if (chunks > 900) return "--image-kib makes too many chunks: use a larger --chunk";
  return "";
}

void fill_defaults(LoadOptions& options) {
  const uint32_t scaled =
      options.devices / (options.tls ? kTlsDevicesPerSecond : kDevicesPerSecond);
  if (options.ramp_s == 0) options.ramp_s = std::max(2u, scaled);
  if (options.reconnect_window_s == 0) options.reconnect_window_s = std::max(10u, scaled);
  if (!options.start_window_s) options.start_window_s = options.devices / kStartsPerSecond;
}

}  // namespace

ParsedLoad parse_load(const std::vector<std::string>& arguments) {
  LoadOptions options;
  CLI::App app("Thousands of real devices against a real broker and a real controller",
               "flotilla-sim load");
  add_fleet(app, options);
  add_rollout(app, options);
  add_plant(app, options);
  add_output(app, options);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return {std::nullopt, app.help(), 0};
  } catch (const CLI::ParseError& error) {
    return {std::nullopt, std::string("flotilla-sim load: ") + error.what() + "\n", 2};
  }
  std::string wrong = check_foreign(options);
  if (wrong.empty()) wrong = check_shares(options);
  if (!wrong.empty()) return {std::nullopt, "flotilla-sim load: " + wrong + "\n", 2};
  fill_defaults(options);
  options.command_line = "flotilla-sim load";
  for (const std::string& word : arguments) options.command_line += " " + word;
  return {options, "", 0};
}

std::string raise_descriptor_limit(const LoadOptions& options) {
  const uint64_t per_process = options.devices / options.processes + 1 + kOtherDescriptors;
  const uint64_t per_broker =
      options.is_foreign() ? 0 : options.devices / options.brokers + 1 + kOtherDescriptors;
  const uint64_t needed = std::max(per_process, per_broker);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max != RLIM_INFINITY && needed > limit.rlim_max) {
    return "a process may have at most " + std::to_string(limit.rlim_max) +
           " descriptors (ulimit -Hn), and " + std::to_string(needed) + " are needed: use " +
           (per_broker == needed ? "more --brokers (and as many --processes)"
                                 : "more --processes") +
           ", or raise the hard limit";
  }
  limit.rlim_cur =
      std::max<rlim_t>(limit.rlim_cur, limit.rlim_max == RLIM_INFINITY ? static_cast<rlim_t>(needed)
                                                                       : limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return "";
}

}  // namespace flotilla::sim
