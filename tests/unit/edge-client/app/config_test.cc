#include "edge-client/app/config.h"

#include <gtest/gtest.h>

#include "edge-client/adapters/config_fields.h"
#include "tests/unit/edge-client/app/pki.h"

namespace flotilla::edge::test {
namespace {

constexpr const char* kGood = R"({
  // comments are welcome
  "device": "dev-1",
  "hardware_class": "cam-npu",
  "site": "hall-3",
  "broker": {"host": "broker.plant", "port": 8884, "prefix": "acme/fleet",
             "max_fragment_length": 2048},
  "tls": {"ca": "pki/ca.crt", "cert": "/etc/dev.crt", "key": "dev.key"},
  "keyset": "keyset.bin",
  "state_dir": "state",
  "first_attempt_window_s": 45,
  "models": [
    {"name": "detector", "slot_size": 1000000, "self_test": ["node", "t.mjs", "hook"],
     "self_test_limit_s": 30, "reload": ["/bin/reload"], "health_file": "health",
     "health_max_age_s": 90},
    {"name": "pose", "slot_size": 5}
  ]
})";

class ConfigTest : public testing::Test {
 protected:
  DaemonConfig read(const std::string& text) {
    write_text(folder.file("config.json"), text);
    return read_config(folder.file("config.json"));
  }

  /// The message about the good configuration with `from` replaced by `to`; empty: it was read.
  std::string fault(const std::string& from, const std::string& to) {
    std::string text = kGood;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    try {
      read(text);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return {};
  }

  TemporaryFolder folder;
};

TEST_F(ConfigTest, ReadsWhatIsThereAndFillsInTheRest) {
  const DaemonConfig config = read(kGood);
  const DeviceConfig& device = config.agent.device;
  EXPECT_EQ(device.device, "dev-1");
  EXPECT_EQ(device.hardware_class, "cam-npu");
  EXPECT_EQ(device.site, "hall-3");
  EXPECT_EQ(config.tls.host, "broker.plant");
  EXPECT_EQ(config.tls.server_name, "broker.plant");
  EXPECT_EQ(config.tls.port, 8884);
  EXPECT_EQ(config.tls.max_fragment_length, 2048u);
  EXPECT_EQ(config.agent.topic_prefix, "acme/fleet");
  EXPECT_EQ(config.tls.ca_file, folder.file("pki/ca.crt"));
  EXPECT_EQ(config.tls.cert_file, "/etc/dev.crt");
  EXPECT_EQ(config.keyset, folder.file("keyset.bin"));
  EXPECT_EQ(config.agent.reconnect.first_window, seconds(45));
  EXPECT_EQ(config.agent.keep_alive_s, 60);
  EXPECT_EQ(device.chunk_max, kDefaultChunkMax);
  EXPECT_EQ(device.report_retry_max, seconds(300));
  ASSERT_EQ(config.models.size(), 2u);
  EXPECT_EQ(config.models[0].slot_size, 1'000'000u);
  EXPECT_EQ(config.models[0].runtime.self_test.size(), 3u);
  EXPECT_EQ(config.models[0].runtime.health_max_age, seconds(90));
  EXPECT_EQ(config.models[0].runtime.folder.path(), folder.file("state/models/detector"));
  EXPECT_TRUE(config.models[1].runtime.reload.empty());
  EXPECT_EQ(device.models[1], "pose");
  EXPECT_GT(device.self_test_limit, config.models[1].runtime.self_test_limit)
      << "the device gives up before the slowest hook does";
}

struct Fault {
  const char* from;
  const char* to;
  std::vector<const char*> message;  ///< parts of it
};

TEST_F(ConfigTest, NamesFileKeyAndWhatIsAllowed) {
  const std::vector<Fault> faults = {
      {"8884", "70000", {"config.json: broker.port: 70000", "1..65535"}},
      {"8884", "\"8884\"", {"broker.port: \"8884\"", "a number, 1..65535"}},
      {"8884", "-1", {"broker.port: -1"}},
      {"2048", "1000", {"broker.max_fragment_length: 1000", "one of 0 1024 2048 4096"}},
      {"acme/fleet", "acme/#", {"broker.prefix: 'acme/#'", "printable"}},
      {"\"host\"", "\"hots\"", {"broker.host: is missing", "a text"}},
      {"\"site\"", "\"sight\"", {": sight: is not a known key", "site"}},
      {"\"port\"", "\"prot\"", {"broker.prot: is not a known key", "port"}},
      {"cam-npu", "Cam NPU", {"hardware_class: 'Cam NPU'", "a-z 0-9"}},
      {"dev-1", "dev.1", {"device: 'dev.1'", "1..64"}},
      {"1000000", "0", {"models[0].slot_size: 0", "a number of bytes, 1.."}},
      {"\"pose\"", "\"detector\"", {"models[1].name: 'detector' occurs twice"}},
      {"[\"/bin/reload\"]", "\"/bin/reload\"", {"models[0].reload", "a list of texts"}},
      {"[\"/bin/reload\"]", "[\"\"]", {"models[0].reload", "a list of texts"}},
      {": 45", ": 45, \"report_retry_min_s\": 400", {"report_retry_min_s: must not exceed"}},
      {": 45", ": 45, \"backoff_base_s\": 400", {"backoff_base_s: must not exceed"}},
      {": 45", ": 45, \"log_level\": \"loud\"", {"log_level: 'loud'", "warning"}},
      {"\"hall-3\",", "\"hall-3\", \"site\": \"x\",", {"\"site\" occurs twice"}},
      {"\"broker\": {", "\"broker\" {", {"not valid JSON", "line"}},
  };
  for (const Fault& expected : faults) {
    const std::string message = fault(expected.from, expected.to);
    for (const char* part : expected.message) {
      EXPECT_NE(message.find(part), std::string::npos)
          << "'" << message << "' lacks '" << part << "'";
    }
  }
}

TEST_F(ConfigTest, ModelsAreAListOfOneToTheLimit) {
  std::string models;
  for (size_t i = 0; i <= kMaxModels; ++i) {
    models += (i == 0 ? "{\"name\": \"m" : ", {\"name\": \"m") + std::to_string(i) +
              "\", \"slot_size\": 1}";
  }
  const std::string good = kGood;
  const std::string head = good.substr(0, good.find("\"models\""));
  EXPECT_THROW(read(head + "\"models\": [" + models + "]}"), ConfigError);
  EXPECT_THROW(read(head + "\"models\": []}"), ConfigError);
  EXPECT_THROW(read(head + "\"models\": {}}"), ConfigError);
}

TEST_F(ConfigTest, MissingFileIsNamed) {
  try {
    read_config(folder.file("none.json"));
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("none.json"), std::string::npos);
  }
}

TEST_F(ConfigTest, TheDeviceIdIsTheCommonName) {
  DaemonConfig config = read(kGood);
  adopt_device_id(config, "dev-1");
  EXPECT_THROW(adopt_device_id(config, "dev-2"), ConfigError);
  config.agent.device.device = {};
  adopt_device_id(config, "dev-3");
  EXPECT_EQ(config.agent.device.device, "dev-3");
  EXPECT_THROW(adopt_device_id(config, "service.dot"), ConfigError);
}

TEST_F(ConfigTest, EveryKeyIsInTheReference) {
  const std::string reference = config_reference();
  for (const ConfigField& field : config_fields()) {
    EXPECT_NE(reference.find(field.key), std::string::npos) << field.key;
    EXPECT_FALSE(field.help.empty()) << field.key;
  }
}

}  // namespace
}  // namespace flotilla::edge::test
