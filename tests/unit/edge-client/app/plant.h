#pragma once

#include <functional>
#include <memory>
#include <string>

#include "edge-client/adapters/process.h"
#include "tests/unit/edge-client/app/pki.h"

namespace flotilla::edge::test {

/// A Mosquitto with mutual TLS on loopback, certificates for it and for device "dev-1", and the
/// device's configuration.
class Plant {
 public:
  Plant();

  /// Starts the broker with the certificate of that common name.
  void start_broker(const std::string& server = "localhost");
  void stop_broker() { broker_.kill_group(); }
  /// The broker accepts devices of another authority only.
  void distrust_devices();

  /// Writes the configuration; `edit` replaces texts in it first.
  std::string config(const std::function<void(std::string&)>& edit = {}) const;
  /// Starts `flotilla-edge` with the configuration.
  void start_device(ChildProcess& device, const std::string& config_path) const;
  /// Starts a subscriber that prints the hexadecimal payload of `count` messages and ends.
  void start_listener(ChildProcess& listener, const std::string& filter, int count);

  /// Leaves a retained message with the broker.
  void retain(const std::string& topic, const std::string& payload);

  const TemporaryFolder& folder() const { return folder_; }
  Pki& pki() { return pki_; }

 private:
  TemporaryFolder folder_;
  Pki pki_;
  std::string device_ca_;
  /// Program and connection options of a Mosquitto client of that name.
  std::vector<std::string> client(const std::string& program, const std::string& name) const;

  int port_;
  ChildProcess broker_;
};

/// Waits until the process printed `text`, ended, or 20 s passed; true when it printed.
bool wait_for_output(ChildProcess& process, const std::string& text);
/// Waits until the process ended, at most 20 s.
bool wait_for_end(ChildProcess& process);

void replace(std::string& text, const std::string& from, const std::string& to);

}  // namespace flotilla::edge::test
