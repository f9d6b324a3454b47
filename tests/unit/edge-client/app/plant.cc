#include "tests/unit/edge-client/app/plant.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/free_port.h"

namespace flotilla::edge::test {
namespace {

constexpr Duration kPatience = seconds(60);
constexpr size_t kWholeTail = 4096;

/// Moves the process on until `done`; waits on its output in between.
bool wait_until(ChildProcess& process, const std::function<bool()>& done) {
  const MonoTime limit = monotonic_now() + kPatience;
  while (monotonic_now() < limit) {
    process.poll(monotonic_now());
    if (done()) return true;
    if (!process.running()) return false;
    pollfd output{process.output_fd(), POLLIN, 0};
    ::poll(&output, 1, 50);
  }
  return false;
}

}  // namespace

void replace(std::string& text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

bool wait_for_output(ChildProcess& process, const std::string& text) {
  return wait_until(
      process, [&] { return process.output_tail(kWholeTail).find(text) != std::string::npos; });
}

bool wait_for_end(ChildProcess& process) {
  return wait_until(process, [&] { return !process.running(); });
}

Plant::Plant()
    : pki_(folder_.path(), "ca"), device_ca_("ca.crt"), port_(flotilla::test::free_port()) {
  pki_.issue("localhost");
  pki_.issue("dev-1");
  pki_.issue("listener");
  write_keyset(folder_.file("keyset.bin"));
}

void Plant::distrust_devices() {
  const Pki other(folder_.path(), "other");
  device_ca_ = "other.crt";
}

void Plant::start_broker(const std::string& server) {
  write_text(folder_.file("mosquitto.conf"),
             "listener " + std::to_string(port_) + " 127.0.0.1\ncafile " +
                 folder_.file(device_ca_) + "\ncertfile " + folder_.file(server + ".crt") +
                 "\nkeyfile " + folder_.file(server + ".key") +
                 "\nrequire_certificate true\nuse_identity_as_username true\nuser root\n"
                 "log_type all\n");
  Command command;
  command.argv = {"mosquitto", "-c", folder_.file("mosquitto.conf")};
  command.limit = seconds(300);
  broker_.start(command, monotonic_now());
  ASSERT_TRUE(wait_for_output(broker_, "running")) << broker_.output_tail(kWholeTail);
}

std::string Plant::config(const std::function<void(std::string&)>& edit) const {
  std::string text = R"({
    "hardware_class": "cam-npu",
    "broker": {"host": "localhost", "port": PORT},
    "tls": {"ca": "ca.crt", "cert": "dev-1.crt", "key": "dev-1.key"},
    "keyset": "keyset.bin",
    "state_dir": "state",
    "startup_window_s": 0,
    "first_attempt_window_s": 0,
    "models": [{"name": "detector", "slot_size": 1048576}]
  })";
  replace(text, "PORT", std::to_string(port_));
  if (edit) edit(text);
  write_text(folder_.file("config.json"), text);
  return folder_.file("config.json");
}

void Plant::start_device(ChildProcess& device, const std::string& config_path) const {
  Command command;
  command.argv = {FLOTILLA_EDGE, "--config", config_path, "--log-level", "debug"};
  command.limit = seconds(120);
  device.start(command, monotonic_now());
  ASSERT_TRUE(device.running());
}

std::vector<std::string> Plant::client(const std::string& program, const std::string& name) const {
  return {program,
          "-h",
          "localhost",
          "-p",
          std::to_string(port_),
          "-V",
          "mqttv5",
          "-q",
          "1",
          "-i",
          name,
          "--cafile",
          folder_.file("ca.crt"),
          "--cert",
          folder_.file("listener.crt"),
          "--key",
          folder_.file("listener.key")};
}

void Plant::retain(const std::string& topic, const std::string& payload) {
  write_text(folder_.file("payload"), payload);
  Command command;
  command.argv = client("mosquitto_pub", "publisher");
  for (const std::string& argument :
       {std::string("-t"), topic, std::string("-r"), std::string("-f"), folder_.file("payload")}) {
    command.argv.push_back(argument);
  }
  ChildProcess publisher;
  publisher.start(command, monotonic_now());
  ASSERT_TRUE(wait_for_end(publisher));
  ASSERT_EQ(publisher.code(), 0) << publisher.output_tail(kWholeTail);
}

void Plant::start_listener(ChildProcess& listener, const std::string& filter, int count) {
  Command command;
  command.argv = client("mosquitto_sub", "listener");
  for (const std::string& argument :
       {std::string("-t"), filter, std::string("-C"), std::to_string(count), std::string("-F"),
        std::string("%x")}) {
    command.argv.push_back(argument);
  }
  command.limit = seconds(60);
  listener.start(command, monotonic_now());
  ASSERT_TRUE(wait_for_output(broker_, "Sending SUBACK to listener"))
      << listener.output_tail(kWholeTail);
}

}  // namespace flotilla::edge::test
