#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <vector>

#include "edge-client/adapters/posix.h"
#include "schemas/wire/wire.h"
#include "tests/unit/edge-client/app/plant.h"

namespace flotilla::edge::test {
namespace {

constexpr size_t kWholeTail = 4096;

int nibble(char c) {
  return c <= '9' ? c - '0' : c - 'a' + 10;
}

/// The message at the end of what the listener printed.
std::vector<uint64_t> last_payload(const ChildProcess& listener, size_t& size) {
  const std::string output = listener.output_tail(kWholeTail);
  std::vector<uint64_t> words(kMaxStateReport / 8);
  auto* bytes = reinterpret_cast<uint8_t*>(words.data());
  size_t begin = output.size();
  while (begin > 0 && isxdigit(static_cast<unsigned char>(output[begin - 1])) != 0) --begin;
  size = (output.size() - begin) / 2;
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<uint8_t>(nibble(output[begin + 2 * i]) * 16 +
                                    nibble(output[begin + 2 * i + 1]));
  }
  return words;
}

class DaemonTest : public testing::Test {
 protected:
  void expect_failure(const std::string& config, const std::string& text) {
    plant.start_device(device, config);
    EXPECT_TRUE(wait_for_output(device, text)) << device.output_tail(kWholeTail);
  }

  Plant plant;
  ChildProcess device;
};

TEST_F(DaemonTest, ReportsItsStateOverMutualTls) {
  plant.start_broker();
  ChildProcess listener;
  plant.start_listener(listener, "flotilla/v1/u/+/dev-1/st", 1);
  plant.start_device(device, plant.config());
  ASSERT_TRUE(wait_for_output(device, "event=online")) << device.output_tail(kWholeTail);
  ASSERT_TRUE(wait_for_end(listener)) << device.output_tail(kWholeTail);

  size_t size = 0;
  const std::vector<uint64_t> words = last_payload(listener, size);
  const auto report =
      wire::decode_state_report({reinterpret_cast<const uint8_t*>(words.data()), size});
  ASSERT_TRUE(report.ok()) << report.status().reason();
  EXPECT_EQ(report.value().device, "dev-1");
  EXPECT_EQ(report.value().hardware_class, "cam-npu");
  EXPECT_TRUE(report.value().software.view().starts_with("flotilla-edge "));
  ASSERT_EQ(report.value().models.size(), 1u);
  EXPECT_EQ(report.value().models[0].model, "detector");
  EXPECT_EQ(report.value().models[0].slot_size, 1048576u);
}

TEST_F(DaemonTest, ComesBackAfterTheBrokerRestarted) {
  plant.start_broker();
  plant.start_device(device, plant.config());
  ASSERT_TRUE(wait_for_output(device, "event=online")) << device.output_tail(kWholeTail);
  plant.stop_broker();
  ASSERT_TRUE(wait_for_output(device, "event=offline")) << device.output_tail(kWholeTail);
  plant.start_broker();
  ChildProcess listener;
  plant.start_listener(listener, "flotilla/v1/u/+/dev-1/st", 1);
  EXPECT_TRUE(wait_for_end(listener)) << device.output_tail(kWholeTail);
}

TEST_F(DaemonTest, StopsOnRequestAndSaysGoodbye) {
  plant.start_broker();
  plant.start_device(device, plant.config());
  ASSERT_TRUE(wait_for_output(device, "event=online"));
  // The group of the child is its own process number; its leader is the daemon.
  device.send_signal(SIGTERM);
  ASSERT_TRUE(wait_for_end(device)) << device.output_tail(kWholeTail);
  EXPECT_EQ(device.state(), ChildProcess::State::kExited);
  EXPECT_EQ(device.code(), 0);
}

TEST_F(DaemonTest, ASecondOneOnTheSameStateFolderIsRefused) {
  plant.start_broker();
  const std::string config = plant.config();
  plant.start_device(device, config);
  ASSERT_TRUE(wait_for_output(device, "event=started"));
  ChildProcess second;
  plant.start_device(second, config);
  ASSERT_TRUE(wait_for_end(second));
  EXPECT_EQ(second.code(), 1);
  EXPECT_NE(second.output_tail(kWholeTail).find("another flotilla-edge uses"), std::string::npos);
}

TEST_F(DaemonTest, SaysThatTheCaIsWrong) {
  const Pki other(plant.folder().path(), "other");
  plant.start_broker();
  expect_failure(plant.config([](std::string& text) { replace(text, "ca.crt", "other.crt"); }),
                 "is not signed by the CA in");
}

TEST_F(DaemonTest, SaysThatTheNameDoesNotMatch) {
  plant.start_broker();
  expect_failure(plant.config([](std::string& text) {
    replace(text, R"("host": "localhost")", R"("host": "localhost", "tls_name": "broker.plant")");
  }),
                 "is not for the name 'broker.plant'");
}

TEST_F(DaemonTest, SaysThatTheBrokersCertificateExpired) {
  plant.pki().issue("localhost", {"20200101000000", "20200201000000"});
  plant.start_broker();
  expect_failure(plant.config(), "has expired: renew it");
}

TEST_F(DaemonTest, SaysThatTheBrokerRefusesTheDevice) {
  plant.distrust_devices();
  plant.start_broker();
  expect_failure(plant.config(), "the broker does not know the CA that signed");
}

TEST_F(DaemonTest, SaysThatNobodyListens) {
  expect_failure(plant.config(), "is the broker running, and broker.port right?");
}

TEST_F(DaemonTest, ChecksTheConfigurationOnly) {
  Command command;
  command.argv = {FLOTILLA_EDGE, "--config", plant.config(), "--check-config"};
  device.start(command, monotonic_now());
  ASSERT_TRUE(wait_for_end(device));
  EXPECT_EQ(device.code(), 0) << device.output_tail(kWholeTail);
  EXPECT_NE(::access(plant.folder().file("state").c_str(), F_OK), 0) << "it made the state folder";
}

TEST_F(DaemonTest, AnotherIdThanTheCertificatesIsAConfigurationError) {
  Command command;
  command.argv = {FLOTILLA_EDGE, "--check-config", "--config", plant.config([](std::string& text) {
                    replace(text, R"("hardware_class")", R"("device": "dev-2", "hardware_class")");
                  })};
  device.start(command, monotonic_now());
  ASSERT_TRUE(wait_for_end(device));
  EXPECT_EQ(device.code(), 2);
  EXPECT_NE(device.output_tail(kWholeTail).find("'dev-2' differs from"), std::string::npos);
}

}  // namespace
}  // namespace flotilla::edge::test
