#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace flotilla::testing {

/// A Mosquitto of our own on a free loopback port, without persistence. Ends with the object.
class Mosquitto {
 public:
  /// `settings`: lines of its configuration besides the listener's port; "allow_anonymous true" is
  /// there already.
  explicit Mosquitto(std::string folder, std::string settings = "");
  ~Mosquitto();
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;

  uint16_t port() const { return port_; }
  /// Starts it (again, on the same port) and waits until it accepts connections.
  void start();
  /// SIGKILL: what it held in memory is gone.
  void kill_hard();
  /// SIGTERM: it saves what it persists, and ends.
  void stop();
  /// SIGUSR1: it saves what it persists. Returns before it did.
  void save();
  /// SIGSTOP and SIGCONT: a broker that hangs.
  void freeze();
  void thaw();

 private:
  bool accepts() const;

  const std::string folder_;
  const std::string settings_;
  uint16_t port_ = 0;
  pid_t process_ = -1;
};

}  // namespace flotilla::testing
