#include "controller/app/broker_rights.h"

namespace flotilla::controller::app {

namespace {

/// Everything below the topic's ancestor `levels` up: the rules follow from the topics themselves.
std::string below(const Topic& topic, int levels) {
  std::string_view text = topic.view();
  for (int i = 0; i < levels; ++i) text = text.substr(0, text.rfind('/'));
  return std::string(text) + "/#";
}

std::string rule(const char* access, const std::string& filter) {
  return std::string("topic ") + access + " " + filter + "\n";
}

std::string device_block(const Topics& topics, const Device& device) {
  return "\nuser " + device.id + "\n" +
         rule("write", below(topics.state(device.shard, device.id), 1)) +
         rule("read", below(topics.device_directive(device.id), 1)) +
         rule("read", below(topics.keyset(device.hardware_class), 1)) +
         rule("read", below(topics.offer(device.hardware_class, 0), 2));
}

std::string service_block(const Topics& topics, const std::string& service) {
  return "\nuser " + service + "\n" + rule("read", below(topics.state(0, "x"), 3)) +
         rule("readwrite", below(topics.device_directive("x"), 2)) +
         rule("readwrite", below(topics.keyset("x"), 2)) +
         rule("readwrite", below(topics.offer("x", 0), 3));
}

}  // namespace

std::string broker_rights(const Topics& topics, const std::map<std::string, Device>& devices,
                          const std::vector<std::string>& services) {
  std::string text = "# Written by flotilla from the enrolled devices; changes here are lost.\n";
  for (const std::string& service : services) {
    if (service.find('.') != std::string::npos) text += service_block(topics, service);
  }
  for (const auto& [id, device] : devices) {
    if (!device.retired) text += device_block(topics, device);
  }
  return text;
}

}  // namespace flotilla::controller::app
