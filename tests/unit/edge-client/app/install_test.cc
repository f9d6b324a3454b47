// A model's whole way through the real program: broker, TLS, files, hooks and health file.

#include <gtest/gtest.h>

#include <filesystem>

#include "edge-client/adapters/posix.h"
#include "schemas/protocol/topics.h"
#include "tests/unit/edge-client/agent/wire_publisher.h"
#include "tests/unit/edge-client/app/mbed_keyring.h"
#include "tests/unit/edge-client/app/plant.h"

namespace flotilla::edge::test {
namespace {

namespace fs = std::filesystem;

constexpr size_t kImageSize = 300'000;
constexpr uint32_t kRange = 15'000;  // 20 chunks, two groups
constexpr size_t kWholeTail = 4096;

constexpr const char* kModel = R"({"name": "detector", "slot_size": 1048576,
  "self_test": ["/bin/sh", "FOLDER/self_test"], "reload": ["/bin/sh", "FOLDER/reload"],
  "health_file": "FOLDER/health"})";

// What it finds must be what it is told; images that begin with B are bad by agreement.
constexpr const char* kSelfTest = R"sh(
set -- $(sha256sum "$FLOTILLA_IMAGE")
[ "$1" = "$FLOTILLA_IMAGE_DIGEST" ] || { echo "digest is $1"; exit 1; }
[ "$(cat "$FLOTILLA_GOLDEN")" = vectors ] || { echo "wrong vectors"; exit 1; }
[ "$(head -c 1 "$FLOTILLA_IMAGE")" != B ] || { echo "this image is bad"; exit 1; }
)sh";

constexpr const char* kReload = R"sh(
set -- $(sha256sum "$FLOTILLA_ACTIVE")
printf 'digest=%s\nhealthy=1\ninferences=5\nend\n' "$1" > FOLDER/health.tmp
mv FOLDER/health.tmp FOLDER/health
)sh";

std::vector<uint8_t> image(char first, uint8_t salt) {
  std::vector<uint8_t> out(kImageSize);
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>((i * i / 7 + salt) % 251);
  out[0] = static_cast<uint8_t>(first);
  return out;
}

class InstallTest : public testing::Test {
 protected:
  void SetUp() override {
    publisher.values.hardware_class = "cam-npu";
    write_text(plant.folder().file("keyset.bin"), publisher.keyset(1));
    write_text(plant.folder().file("self_test"), kSelfTest);
    std::string reload = kReload;
    for (int i = 0; i < 3; ++i) replace(reload, "FOLDER", plant.folder().path());
    write_text(plant.folder().file("reload"), reload);
    plant.start_broker();
  }
  std::string config() {
    return plant.config([&](std::string& text) {
      std::string model = kModel;
      for (int i = 0; i < 3; ++i) replace(model, "FOLDER", plant.folder().path());
      replace(text, R"({"name": "detector", "slot_size": 1048576})", model);
    });
  }
  void roll_out(const std::vector<uint8_t>& bytes, uint32_t version) {
    const auto transfer = publisher.publish(bytes, version, kRange, as_bytes("vectors"));
    const TransferId id = transfer.publication.id;
    plant.retain(std::string(topics.offer("cam-npu", id).view()), transfer.offer);
    for (uint32_t i = 0; i < transfer.chunks.size(); ++i) {
      plant.retain(std::string(topics.chunk("cam-npu", id, i).view()), transfer.chunks[i]);
    }
    Directive directive = publisher.values.directive_value(transfer.publication, version, version);
    directive.healthy_for_s = 1;
    plant.retain(std::string(topics.class_directive("cam-npu", "detector").view()),
                 publisher.directive(directive));
  }
  std::string active() {
    const auto text = read_small_file(plant.folder().file("state/models/detector/active"), 1 << 20);
    return text.ok() ? text.value() : text.status().reason();
  }
  void expect_log(const std::string& text) {
    EXPECT_TRUE(wait_for_output(device, text)) << device.output_tail(kWholeTail);
  }

  Plant plant;
  FakeCrypto hasher;
  MbedKeyring keys;
  WirePublisher publisher{hasher, keys};
  Topics topics{"flotilla"};
  ChildProcess device;
};

TEST_F(InstallTest, InstallsUpdatesAndKeepsTheGoodOneWhenTheNextIsBad) {
  const std::vector<uint8_t> first = image('A', 1);
  const std::vector<uint8_t> second = image('A', 2);
  roll_out(first, 1);
  plant.start_device(device, config());
  expect_log("state=confirmed reason=none rollout=1");
  EXPECT_EQ(active(), as_text(first));
  EXPECT_EQ(fs::read_symlink(plant.folder().file("state/models/detector/active")), "a.img");

  roll_out(second, 2);
  expect_log("state=confirmed reason=none rollout=2");
  EXPECT_EQ(active(), as_text(second));

  roll_out(image('B', 3), 3);
  expect_log("this image is bad");
  expect_log("reason=self_test_failed rollout=3");
  EXPECT_EQ(active(), as_text(second));
}

TEST_F(InstallTest, GoesOnWhereItWasAfterAKill) {
  const std::vector<uint8_t> bytes = image('A', 1);
  const std::string path = config();
  roll_out(bytes, 1);
  plant.start_device(device, path);
  expect_log("state=transferring");
  device.kill_group();
  plant.start_device(device, path);
  expect_log("state=confirmed reason=none rollout=1");
  EXPECT_EQ(active(), as_text(bytes));
}

}  // namespace
}  // namespace flotilla::edge::test
