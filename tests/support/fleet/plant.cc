#include "tests/support/fleet/plant.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/support/free_port.h"

namespace flotilla::test {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = FLOTILLA_SOURCE_ROOT;
const fs::path kBin = FLOTILLA_BIN_DIR;
constexpr char kPrefix[] = "plant/test";
/// Limits are meant for an idle machine; a busy one, or sanitized code, gets so many times as much.
constexpr int kPatience = 4;

bool listening(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  const bool ok = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return ok;
}

std::string user_name() {
  const std::string name = run({"id", "-un"}).out;
  return name.substr(0, name.find('\n'));
}

/// The first line that a sanitizer wrote into a log; empty: none did.
std::string sanitizer_report(const fs::path& log) {
  std::ifstream in(log);
  for (std::string line; std::getline(in, line);) {
    if (line.find("Sanitizer: ") != std::string::npos ||
        line.find(": runtime error: ") != std::string::npos) {
      return line;
    }
  }
  return "";
}

std::string text_of(const fs::path& log) {
  std::ostringstream out;
  out << std::ifstream(log).rdbuf();
  return out.str();
}

std::string first_word(const std::string& text) {
  return text.substr(0, text.find(' '));
}

}  // namespace

Plant::Plant() {
  char scratch[] = "/tmp/flotilla-plant-XXXXXX";
  folder_ = mkdtemp(scratch);
  fs::create_directories(folder_ / "models");
  fs::create_directories(folder_ / "broker");
  std::ofstream(folder_ / "acl").close();
  make_pki();
}

Plant::~Plant() {
  devices_.clear();
  controller_.stop();
  broker_.stop();
  expect_no_sanitizer_report();
  if (testing::Test::HasFailure()) {
    std::fprintf(stderr, "state and logs are kept in %s\n", folder_.c_str());
  } else {
    fs::remove_all(folder_);
  }
}

void Plant::expect_no_sanitizer_report() {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    if (entry.path().extension() != ".log") continue;
    EXPECT_EQ(sanitizer_report(entry), "") << entry.path();
  }
}

void Plant::pki(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), (kSource / "broker-config/pki").string());
  const CommandResult result = run(arguments);
  ASSERT_EQ(result.exit_code, 0) << result.err;
}

void Plant::make_pki() {
  const std::string pki_dir = folder_ / "pki";
  pki({"init", pki_dir});
  pki({"server", pki_dir, "broker", "localhost", "127.0.0.1"});
  pki({"service", pki_dir, "flotilla.controller"});
  pki({"service", pki_dir, "flotilla.auditor"});
  const CommandResult keys = run({kBin / "flotilla", "key", "init", "--dir", folder_ / "keys"});
  ASSERT_EQ(keys.exit_code, 0) << keys.err;
}

void Plant::start_broker() {
  if (broker_port_ == 0) broker_port_ = free_port();
  const CommandResult configured =
      run({kSource / "broker-config/configure", "--pki", folder_ / "pki", "--acl-file",
           folder_ / "acl", "--state", folder_ / "broker", "--address", "127.0.0.1", "--port",
           std::to_string(broker_port_), "--persistence", "false", "--user", user_name(),
           "--output", folder_ / "mosquitto.conf"});
  ASSERT_EQ(configured.exit_code, 0) << configured.err;
  broker_ = Process({"mosquitto", "-c", folder_ / "mosquitto.conf"}, log("broker"));
  eventually("the broker listens", 20, [&] { return listening(broker_port_); });
}

void Plant::start_controller() {
  const fs::path pki_dir = folder_ / "pki";
  std::vector<std::string> words = {kBin / "flotilla",
                                    "serve",
                                    "--state",
                                    folder_ / "controller",
                                    "--keys",
                                    folder_ / "keys",
                                    "--broker-host",
                                    "localhost",
                                    "--broker-port",
                                    std::to_string(broker_port_),
                                    "--prefix",
                                    kPrefix,
                                    "--ca",
                                    pki_dir / "ca.crt",
                                    "--cert",
                                    pki_dir / "flotilla.controller.crt",
                                    "--key",
                                    pki_dir / "flotilla.controller.key",
                                    "--audit-cert",
                                    pki_dir / "flotilla.auditor.crt",
                                    "--audit-key",
                                    pki_dir / "flotilla.auditor.key",
                                    "--acl-file",
                                    folder_ / "acl",
                                    "--broker-pid-file",
                                    folder_ / "broker/mosquitto.pid",
                                    "--disk-reserve",
                                    std::to_string(disk_reserve_percent),
                                    "--listen",
                                    "127.0.0.1:0"};
  words.insert(words.end(), serve_arguments.begin(), serve_arguments.end());
  controller_ = Process(words, log("controller"));
  eventually("the controller answers, or ends", 30, [&] {
    return !controller_.running() || flotilla({"status", "--json"}).exit_code == 0;
  });
  ASSERT_TRUE(controller_.running()) << text_of(log("controller"));
}

void Plant::write_config(const DeviceOptions& options) {
  const fs::path home = folder_ / "devices" / options.id;
  fs::create_directories(home);
  const fs::path pki_dir = folder_ / "pki";
  const std::string linear_model = kSource / "tests/support/demo/linear-model";
  const std::string claimed =
      options.claimed_class.empty() ? options.hardware_class : options.claimed_class;
  const fs::path state_dir = options.state_dir.empty() ? home / "state" : options.state_dir;
  const int broker_port = options.broker_port == 0 ? broker_port_ : options.broker_port;
  const nlohmann::json config = {
      {"device", options.id},
      {"hardware_class", claimed},
      {"site", "hall-1"},
      {"broker", {{"host", "localhost"}, {"port", broker_port}, {"prefix", kPrefix}}},
      {"tls",
       {{"ca", pki_dir / "ca.crt"},
        {"cert", pki_dir / (options.id + ".crt")},
        {"key", pki_dir / (options.id + ".key")}}},
      {"keyset", folder_ / "keys/keyset.bin"},
      {"state_dir", state_dir},
      {"report_retry_min_s", 1},
      {"health_interval_s", 5},
      {"first_attempt_window_s", 0},
      {"models",
       {{{"name", options.model},
         {"slot_size", options.slot_size},
         {"self_test", {linear_model, "hook"}},
         {"reload", {linear_model, "application", home / "health"}},
         {"health_file", home / "health"}}}}};
  std::ofstream(home / "config.json") << config.dump(2);
}

void Plant::add_device(const DeviceOptions& options) {
  pki({"device", folder_ / "pki", options.id});
  write_config(options);
  if (options.enrol) {
    const CommandResult enrolled =
        flotilla({"device", "enrol", "--cert", folder_ / "pki" / (options.id + ".crt"), "--class",
                  options.hardware_class, "--site", "hall-1"});
    ASSERT_EQ(enrolled.exit_code, 0) << enrolled.err;
  }
  devices_[options.id].options = options;
}

void Plant::start_device(const std::string& id) {
  devices_.at(id).process = Process(
      {kBin / "flotilla-edge", "--config", folder_ / "devices" / id / "config.json"}, log(id));
}

CommandResult Plant::flotilla(std::vector<std::string> arguments, int limit_s) {
  arguments.insert(arguments.begin(), (kBin / "flotilla").string());
  return run(arguments, {{"FLOTILLA_STATE", (folder_ / "controller").string()}},
             limit_s * kPatience);
}

nlohmann::json Plant::query(std::vector<std::string> arguments) {
  arguments.push_back("--json");
  const CommandResult result = flotilla(arguments);
  return result.exit_code == 0 ? nlohmann::json::parse(result.out, nullptr, false)
                               : nlohmann::json();
}

nlohmann::json Plant::rows(std::vector<std::string> arguments, const std::string& key) {
  const nlohmann::json answer = query(std::move(arguments));
  return answer.is_object() && answer.contains(key) ? answer[key] : nlohmann::json::array();
}

fs::path Plant::model(const std::string& name) {
  return folder_ / "models" / name;
}

void Plant::linear(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), (kSource / "tests/support/demo/linear-model").string());
  const CommandResult result = run(arguments);
  ASSERT_EQ(result.exit_code, 0) << result.err;
}

void Plant::make_model(const std::string& name, int seed, int kib) {
  linear({"make", std::to_string(seed), std::to_string(kib), model(name)});
}

void Plant::tune_model(const std::string& from, const std::string& name, int seed) {
  linear({"tune", std::to_string(seed), model(from), model(name)});
}

void Plant::spoil_model(const std::string& from, const std::string& name,
                        const std::string& where) {
  linear({"spoil", where, model(from), model(name)});
}

CommandResult Plant::push(const std::string& name, const std::string& hardware_class,
                          const std::string& label, const std::string& golden_of) {
  const fs::path golden = model(name).string() + ".golden";
  linear({"record", model(golden_of.empty() ? name : golden_of), golden});
  return flotilla({"model", "push", "linear", model(name), "--class", hardware_class, "--label",
                   label, "--golden", golden});
}

std::string Plant::active_digest(const std::string& id) {
  const DeviceOptions& options = devices_.at(id).options;
  const fs::path state_dir =
      options.state_dir.empty() ? folder_ / "devices" / id / "state" : options.state_dir;
  const fs::path active = state_dir / "models" / options.model / "active";
  return fs::exists(active) ? first_word(run({"sha256sum", active}).out) : "";
}

std::string Plant::digest_of(const std::string& model_name) {
  return first_word(run({"sha256sum", model(model_name)}).out);
}

nlohmann::json Plant::device_model(const std::string& id) {
  const nlohmann::json device = query({"device", "show", id});
  if (!device.is_object() || !device.contains("models")) return {};
  for (const nlohmann::json& entry : device["models"]) {
    if (entry.value("model", "") == devices_.at(id).options.model) return entry;
  }
  return {};
}

std::string Plant::rollout_state(int rollout) {
  const nlohmann::json shown = query({"rollout", "show", std::to_string(rollout)});
  return shown.is_object() ? shown.value("state", "") : "";
}

bool Plant::eventually(const std::string& what, int limit_s,
                       const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(limit_s * kPatience);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) {
      ADD_FAILURE() << "not within " << limit_s * kPatience << " s: " << what;
      return false;
    }
    poll(nullptr, 0, 100);
  }
  return true;
}

void Plant::eventually_all_report(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    eventually(id + " reports", 30, [&] { return !device_model(id).is_null(); });
  }
}

CommandResult Plant::mosquitto(const std::string& tool, const std::string& identity,
                               std::vector<std::string> arguments) {
  const fs::path pki_dir = folder_ / "pki";
  std::vector<std::string> argv = {tool,
                                   "-V",
                                   "5",
                                   "-h",
                                   "localhost",
                                   "-p",
                                   std::to_string(broker_port_),
                                   "--cafile",
                                   pki_dir / "ca.crt",
                                   "--cert",
                                   pki_dir / (identity + ".crt"),
                                   "--key",
                                   pki_dir / (identity + ".key")};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run(argv);
}

}  // namespace flotilla::test
