#include "controller/app/serve_options.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>

namespace flotilla::controller::app {
namespace {

class ServeOptionsTest : public ::testing::Test {
 protected:
  ServeOptionsTest() {
    char scratch[] = "/tmp/flotilla-options-XXXXXX";
    folder = mkdtemp(scratch);
    add_serve_options(verb, options);
  }
  ~ServeOptionsTest() override { std::filesystem::remove_all(folder); }

  std::string read(const std::string& text) {
    std::ofstream(folder / "config.json") << text;
    return read_config_file(verb, folder / "config.json");
  }

  std::filesystem::path folder;
  CLI::App verb{"serve"};
  ServeOptions options;
};

TEST_F(ServeOptionsTest, TheFileFillsWhatTheCommandLineLeftOpen) {
  std::vector<std::string> arguments = {"1884", "--broker-port"};  // CLI11 takes them reversed
  verb.parse(arguments);
  EXPECT_EQ(read(R"({"broker_host": "broker.plant", "broker-port": 1, "keys": "/k",
                     "broker_plaintext": true})"),
            "");
  EXPECT_EQ(options.broker_host, "broker.plant");
  EXPECT_EQ(options.broker_port, 1884u);
  EXPECT_EQ(options.keys, "/k");
  EXPECT_TRUE(options.broker_plaintext);
}

TEST_F(ServeOptionsTest, FaultsNameTheSettingAndTheFile) {
  verb.parse(std::vector<std::string>{});
  EXPECT_NE(read(R"({"colour": "red"})").find("colour"), std::string::npos);
  EXPECT_NE(read(R"({"broker_port": 70000})").find("broker_port"), std::string::npos);
  EXPECT_NE(read(R"({"keys": ["a"]})").find("keys"), std::string::npos);
  EXPECT_NE(read("{").find("config.json"), std::string::npos);
  EXPECT_NE(read("[]").find("object"), std::string::npos);
  EXPECT_NE(read_config_file(verb, folder / "none").find("none"), std::string::npos);
}

TEST_F(ServeOptionsTest, WhatIsMissingIsNamedWithItsOrigin) {
  EXPECT_NE(check_serve_options(options).find("key init"), std::string::npos);
  options.keys = "/k";
  EXPECT_NE(check_serve_options(options).find("--ca"), std::string::npos);
  options.broker_plaintext = true;
  EXPECT_EQ(check_serve_options(options), "");
  options.tls_cert = "/c";
  EXPECT_NE(check_serve_options(options).find("--tls-key"), std::string::npos);
  options.tls_cert.clear();
  options.prefix = "a/#";
  EXPECT_NE(check_serve_options(options).find("--prefix"), std::string::npos);
}

TEST(SplitAddress, HostsAndPorts) {
  std::string host;
  int port = -1;
  EXPECT_TRUE(split_address("127.0.0.1:0", host, port));
  EXPECT_EQ(host, "127.0.0.1");
  EXPECT_EQ(port, 0);
  EXPECT_TRUE(split_address("[::1]:8600", host, port));
  EXPECT_EQ(host, "::1");
  for (const char* bad : {"", "localhost", ":80", "h:", "h:x", "h:70000", "h:-1", "[]:1"}) {
    EXPECT_FALSE(split_address(bad, host, port)) << bad;
  }
}

}  // namespace
}  // namespace flotilla::controller::app
