#include "edge-client/app/config.h"

#include <set>

#include "edge-client/adapters/config_reader.h"

namespace flotilla::edge {
namespace {

constexpr const char* kNameRule = "a name of 1..32 characters a-z 0-9 _ -";

Duration seconds_of(uint64_t value) {
  return seconds(static_cast<int64_t>(value));
}

Name read_name(ConfigReader& reader, const char* key, bool may_be_empty) {
  const std::string value = reader.text(key);
  if (value.empty() && may_be_empty) return {};
  if (!is_valid_name(value)) {
    reader.refuse(key, "'" + value + "' is not allowed; allowed: " + kNameRule);
  }
  return Name(value);
}

void read_device(ConfigReader& root, DeviceConfig& out) {
  const std::string id = root.text("device");
  if (!id.empty() && !is_valid_device_id(id)) {
    root.refuse("device", "'" + id + "' is not allowed; allowed: 1..64 characters a-z 0-9 _ -");
  }
  if (!id.empty()) out.device = DeviceId(id);
  out.hardware_class = read_name(root, "hardware_class", false);
  out.site = read_name(root, "site", true);
}

void read_broker(ConfigReader reader, DaemonConfig& out) {
  out.tls.host = reader.text("host");
  out.tls.port = static_cast<uint16_t>(reader.number("port"));
  out.tls.server_name = reader.text("tls_name");
  if (out.tls.server_name.empty()) out.tls.server_name = out.tls.host;
  out.tls.handshake_timeout = seconds_of(reader.number("handshake_timeout_s"));
  out.tls.max_fragment_length = static_cast<uint32_t>(reader.number("max_fragment_length"));
  const std::string prefix = reader.text("prefix");
  if (!Topics::is_valid_prefix(prefix)) {
    reader.refuse("prefix", "'" + prefix + "' is not allowed; allowed: 1.." +
                                std::to_string(kMaxTopicPrefix) +
                                " printable characters without + # or outer slashes");
  }
  out.agent.topic_prefix = FixedString<kMaxTopicPrefix>(prefix);
  out.agent.keep_alive_s = static_cast<uint16_t>(reader.number("keep_alive_s"));
  out.agent.connect_timeout = seconds_of(reader.number("connect_timeout_s"));
  reader.finish();
}

void read_tls(ConfigReader reader, TlsConfig& out) {
  out.ca_file = reader.path("ca");
  out.cert_file = reader.path("cert");
  out.key_file = reader.path("key");
  reader.finish();
}

ModelConfig read_model(ConfigReader& reader, const std::string& state_folder) {
  ModelConfig model;
  RuntimeModel& runtime = model.runtime;
  runtime.name = read_name(reader, "name", false);
  runtime.folder = ModelFolder(state_folder + "/models/" + std::string(runtime.name.view()));
  model.slot_size = reader.number("slot_size");
  runtime.self_test = reader.command("self_test");
  runtime.self_test_limit = seconds_of(reader.number("self_test_limit_s"));
  runtime.reload = reader.command("reload");
  runtime.reload_limit = seconds_of(reader.number("reload_limit_s"));
  runtime.health_file = reader.path("health_file");
  runtime.health_max_age = seconds_of(reader.number("health_max_age_s"));
  reader.finish();
  return model;
}

void read_models(ConfigReader& root, DaemonConfig& out) {
  // The device waits a little longer than the slowest hook, whose end it wants to hear of.
  constexpr Duration kMargin = seconds(10);
  std::set<std::string> names;
  out.agent.device.self_test_limit = {};
  for (ConfigReader& reader : root.models()) {
    ModelConfig model = read_model(reader, out.state_folder);
    if (!names.emplace(model.runtime.name.view()).second) {
      reader.refuse("name", "'" + std::string(model.runtime.name.view()) + "' occurs twice");
    }
    FLOTILLA_ASSERT(out.agent.device.models.push_back(model.runtime.name));
    const Duration limit{model.runtime.self_test_limit.ms + kMargin.ms};
    out.agent.device.self_test_limit = std::max(out.agent.device.self_test_limit, limit);
    out.models.push_back(std::move(model));
  }
}

void read_limits(ConfigReader& root, DeviceConfig& out) {
  out.decoder_memory_limit = static_cast<uint32_t>(root.number("decoder_memory"));
  out.chunk_max = static_cast<uint32_t>(root.number("chunk_max"));
  out.max_refused_chunks = static_cast<uint32_t>(root.number("max_refused_chunks"));
}

void read_intervals(ConfigReader& root, DeviceConfig& out) {
  out.report_retry_min = seconds_of(root.number("report_retry_min_s"));
  out.report_retry_max = seconds_of(root.number("report_retry_max_s"));
  out.health_interval = seconds_of(root.number("health_interval_s"));
  out.group_timeout = seconds_of(root.number("group_timeout_s"));
  if (out.report_retry_min > out.report_retry_max) {
    root.refuse("report_retry_min_s", "must not exceed report_retry_max_s");
  }
}

void read_reconnect(ConfigReader& root, ReconnectConfig& out) {
  out.startup_window = seconds_of(root.number("startup_window_s"));
  out.first_window = seconds_of(root.number("first_attempt_window_s"));
  out.base = seconds_of(root.number("backoff_base_s"));
  out.cap = seconds_of(root.number("backoff_cap_s"));
  out.stable_after = seconds_of(root.number("stable_after_s"));
  if (out.base > out.cap) root.refuse("backoff_base_s", "must not exceed backoff_cap_s");
}

}  // namespace

DaemonConfig read_config(const std::string& path) {
  const nlohmann::json json = ConfigReader::parse_file(path);
  ConfigReader root(path, json, "", "");
  DaemonConfig out;
  read_device(root, out.agent.device);
  read_broker(root.section("broker"), out);
  read_tls(root.section("tls"), out.tls);
  out.keyset = root.path("keyset");
  out.state_folder = root.path("state_dir");
  read_models(root, out);
  read_limits(root, out.agent.device);
  read_intervals(root, out.agent.device);
  read_reconnect(root, out.agent.reconnect);
  const std::string level = root.text("log_level");
  if (!parse_log_level(level, out.log_level)) {
    root.refuse("log_level",
                "'" + level + "' is not allowed; allowed: debug, info, warning or error");
  }
  root.finish();
  return out;
}

void adopt_device_id(DaemonConfig& config, const std::string& common_name) {
  const std::string where =
      "tls.cert: the common name '" + common_name + "' of " + config.tls.cert_file;
  if (!is_valid_device_id(common_name)) {
    throw ConfigError(where + " cannot be a device id: 1..64 characters a-z 0-9 _ -");
  }
  DeviceId& id = config.agent.device.device;
  if (!id.empty() && id != common_name) {
    throw ConfigError("device: '" + std::string(id.view()) + "' differs from " + where +
                      "; they must be equal, or leave device out");
  }
  id = DeviceId(common_name);
}

}  // namespace flotilla::edge
