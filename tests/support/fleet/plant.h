#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/fleet/process.h"

namespace flotilla::test {

struct DeviceOptions {
  std::string id = {};
  std::string hardware_class = "cam-npu";
  std::string claimed_class = {};  ///< when the device lies about it
  std::string model = "linear";
  uint64_t slot_size = 8u << 20;
  std::filesystem::path state_dir = {};  ///< default: in the plant's folder
  bool enrol = true;
  int broker_port = 0;  ///< where the device finds the broker; 0: directly
};

/// A real Mosquitto (mutual TLS, generated rights), a real `flotilla serve` and real
/// `flotilla-edge` processes on loopback, in a temporary folder that goes with the object. Devices
/// run the linear model of tests/support/demo, so that every self-test and health check infers for
/// real.
class Plant {
 public:
  Plant();
  ~Plant();

  /// More arguments of `flotilla serve`.
  std::vector<std::string> serve_arguments;
  int disk_reserve_percent = 0;  ///< none: a machine that tests may have a disk that is nearly full

  void start_broker();
  void start_controller();
  void add_device(const DeviceOptions& options);
  void start_device(const std::string& id);

  void kill_broker() { broker_.kill_hard(); }
  void kill_controller() { controller_.kill_hard(); }
  void kill_device(const std::string& id) { devices_.at(id).process.kill_hard(); }
  int stop_controller() { return controller_.stop(); }
  bool controller_running() { return controller_.running(); }

  /// `flotilla ARGUMENTS...` with this plant's server and token.
  CommandResult flotilla(std::vector<std::string> arguments, int limit_s = 60);
  /// The same with --json, parsed; a test failure and null when it does not succeed.
  nlohmann::json query(std::vector<std::string> arguments);
  /// One list of a query's answer, by value: safe to walk in a range-for.
  nlohmann::json rows(std::vector<std::string> arguments, const std::string& key);

  /// Model files of the linear model; `recipe` as in linear-model's verbs.
  std::filesystem::path model(const std::string& name);
  void make_model(const std::string& name, int seed, int kib);
  void tune_model(const std::string& from, const std::string& name, int seed);
  void spoil_model(const std::string& from, const std::string& name, const std::string& where);
  /// Pushes a file for one class with golden vectors recorded from `golden_of` (empty: from
  /// itself).
  CommandResult push(const std::string& name, const std::string& hardware_class,
                     const std::string& label, const std::string& golden_of = "");

  /// SHA-256 (hex) of the image that a device's application would load; empty: no model.
  std::string active_digest(const std::string& id);
  std::string digest_of(const std::string& model_name);
  /// One model's part of what the controller knows of a device.
  nlohmann::json device_model(const std::string& id);
  std::string rollout_state(int rollout);

  /// Polls until `condition` or the limit, which is for an idle machine (a busy one gets four times
  /// as much); a failure names `what`.
  bool eventually(const std::string& what, int limit_s, const std::function<bool()>& condition);

  /// A rollout moves the devices it knows of: wait for their first reports before starting one.
  void eventually_all_report(const std::vector<std::string>& ids);

  std::filesystem::path folder() const { return folder_; }
  std::filesystem::path log(const std::string& name) const { return folder_ / (name + ".log"); }
  int broker_port() const { return broker_port_; }
  /// mosquitto_pub / mosquitto_sub with the certificate of `identity`.
  CommandResult mosquitto(const std::string& tool, const std::string& identity,
                          std::vector<std::string> arguments);

 private:
  struct RunningDevice {
    DeviceOptions options;
    Process process;
  };

  /// Processes do not always end by their exit code: kills and restarts hide it.
  void expect_no_sanitizer_report();
  void make_pki();
  void pki(std::vector<std::string> arguments);
  void write_config(const DeviceOptions& options);
  void linear(std::vector<std::string> arguments);

  std::filesystem::path folder_;
  int broker_port_ = 0;
  Process broker_;
  Process controller_;
  std::map<std::string, RunningDevice> devices_;
};

}  // namespace flotilla::test
