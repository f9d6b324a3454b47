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

std::string controller_block(const Topics& topics, const std::string& name) {
  return "\nuser " + name + "\n" + rule("read", below(topics.state(0, "x"), 3)) +
         rule("readwrite", below(topics.device_directive("x"), 2)) +
         rule("readwrite", below(topics.keyset("x"), 2)) +
         rule("readwrite", below(topics.offer("x", 0), 3));
}

std::string auditor_block(const Topics& topics, const std::string& name) {
  return "\nuser " + name + "\n" + rule("read", below(topics.offer("x", 0), 3));
}

bool is_service(const std::string& name) {
  return name.find('.') != std::string::npos;
}

}  // namespace

std::string broker_rights(const Topics& topics, const std::map<std::string, Device>& devices,
                          const ServiceNames& services) {
  std::string text = "# Written by flotilla from the enrolled devices; changes here are lost.\n";
  if (is_service(services.controller)) text += controller_block(topics, services.controller);
  if (is_service(services.auditor) && services.auditor != services.controller) {
    text += auditor_block(topics, services.auditor);
  }
  for (const auto& [id, device] : devices) {
    if (!device.retired) text += device_block(topics, device);
  }
  return text;
}

}  // namespace flotilla::controller::app
