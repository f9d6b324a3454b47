#include "edge-client/adapters/linux_runtime.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "edge-client/adapters/file_storage.h"
#include "edge-client/adapters/golden_store.h"
#include "schemas/protocol/limits.h"
#include "tests/unit/edge-client/app/pki.h"

namespace flotilla::edge::test {
namespace {

namespace fs = std::filesystem;

constexpr MonoTime kStart{1000};

Digest digest(uint8_t byte) {
  Digest out;
  out.bytes.fill(byte);
  return out;
}

class LinuxRuntimeTest : public testing::Test {
 protected:
  void SetUp() override {
    model.name = Name("detector");
    model.folder = folder;
    model.self_test_limit = seconds(5);
    FileStorage storage({{folder, 1000}});
    ASSERT_TRUE(storage.prepare().ok());
    ASSERT_TRUE(storage.begin(0, Slot::kA, 5).ok());
    ASSERT_TRUE(storage.begin(0, Slot::kB, 5).ok());
  }
  LinuxRuntime& runtime() {
    if (runtime_ == nullptr) {
      runtime_ = std::make_unique<LinuxRuntime>(std::vector<RuntimeModel>{model});
      runtime_->poll(kStart);
    }
    return *runtime_;
  }
  void hook(const std::string& script) { model.self_test = {"/bin/sh", "-c", script}; }

  /// Runs the self-test to its end; time stands at `now`.
  LinuxRuntime::SelfTestResult self_test(const Digest& golden = {}, MonoTime now = kStart) {
    EXPECT_TRUE(runtime().start_self_test(0, Slot::kB, digest(0xB0), golden).ok());
    for (int i = 0; i < 2000; ++i) {
      if (auto result = runtime().take_result()) return *result;
      wait_for_output();
      runtime().poll(now);
    }
    ADD_FAILURE() << "no result";
    return {};
  }
  void wait_for_output() {
    std::vector<pollfd> descriptors;
    runtime().append_descriptors(descriptors);
    ::poll(descriptors.data(), descriptors.size(), 10);
  }
  /// Runs the reload hook to its end.
  void finish_reload() {
    for (int i = 0; runtime().next_deadline() != kNever && i < 2000; ++i) {
      wait_for_output();
      runtime().poll(kStart);
    }
    EXPECT_EQ(runtime().next_deadline(), kNever);
  }

  TemporaryFolder root;
  ModelFolder folder{root.file("models/detector")};
  RuntimeModel model;

 private:
  std::unique_ptr<LinuxRuntime> runtime_;
};

TEST_F(LinuxRuntimeTest, TheHookSeesImageAndGoldenVectors) {
  hook(R"(echo "$FLOTILLA_MODEL|$FLOTILLA_IMAGE|$FLOTILLA_IMAGE_DIGEST|$FLOTILLA_GOLDEN_DIGEST";)"
       R"(cat "$FLOTILLA_GOLDEN")");
  ASSERT_TRUE(runtime().store_golden(0, digest(0x60), as_bytes("vectors")).ok());
  const auto result = self_test(digest(0x60));
  EXPECT_EQ(result.outcome, SelfTestOutcome::kPassed);
  const std::string images(to_hex(digest(0xB0)).view());
  const std::string goldens(to_hex(digest(0x60)).view());
  const std::string whole =
      "detector|" + folder.slot(Slot::kB) + "|" + images + "|" + goldens + " vectors";
  EXPECT_EQ(result.output, whole.substr(whole.size() - kMaxReasonText));
}

TEST_F(LinuxRuntimeTest, OutcomesSayWhatHappened) {
  hook("test -z \"$FLOTILLA_GOLDEN\" && echo 8 of 9 agree; exit 1");
  auto result = self_test();
  EXPECT_EQ(result.outcome, SelfTestOutcome::kFailed);
  EXPECT_EQ(result.output, "exit status 1: 8 of 9 agree");
}

TEST_F(LinuxRuntimeTest, ACrashIsAFailure) {
  hook("kill -9 $$");
  const auto result = self_test();
  EXPECT_EQ(result.outcome, SelfTestOutcome::kFailed);
  EXPECT_EQ(result.output, "killed by signal 9");
}

TEST_F(LinuxRuntimeTest, AMissingProgramIsAnErrorNotAFailure) {
  hook("no-such-command-at-all");
  EXPECT_EQ(self_test().outcome, SelfTestOutcome::kError);
}

TEST_F(LinuxRuntimeTest, AHookThatCannotBeStartedIsAnError) {
  model.self_test = {"/no/such/hook"};
  const auto result = self_test();
  EXPECT_EQ(result.outcome, SelfTestOutcome::kError);
  EXPECT_EQ(result.output, "cannot be started: No such file or directory");
}

TEST_F(LinuxRuntimeTest, TheLimitEndsTheHook) {
  hook("echo thinking; sleep 1000");
  const auto result = self_test({}, kStart + seconds(5));
  EXPECT_EQ(result.outcome, SelfTestOutcome::kTimeout);
  EXPECT_EQ(result.output.substr(0, 19), "over its time limit");
}

TEST_F(LinuxRuntimeTest, WithoutAHookOnlyImagesWithoutVectorsPass) {
  EXPECT_EQ(self_test().outcome, SelfTestOutcome::kPassed);
  const auto result = self_test(digest(0x60));
  EXPECT_EQ(result.outcome, SelfTestOutcome::kError);
  EXPECT_EQ(result.output, "golden vectors, but no self-test hook configured");
}

TEST_F(LinuxRuntimeTest, OutputThatFillsTheReportIsCutAtItsBegin) {
  hook("head -c 5000 /dev/zero | tr '\\0' y; echo the end; exit 1");
  const auto result = self_test();
  EXPECT_LE(result.output.size(), kMaxReasonText);
  EXPECT_TRUE(result.output.starts_with("exit status 1: yy"));
  EXPECT_TRUE(result.output.ends_with("the end"));
}

TEST_F(LinuxRuntimeTest, TheReloadHookSeesTheActiveImage) {
  model.reload = {
      "/bin/sh", "-c",
      "echo \"$FLOTILLA_ACTIVE|$FLOTILLA_IMAGE|$FLOTILLA_IMAGE_DIGEST\" > " + root.file("seen")};
  ASSERT_TRUE(runtime().activate(0, Slot::kB, digest(0xB0)).ok());
  ASSERT_TRUE(runtime().reload(0).ok());
  finish_reload();
  EXPECT_EQ(read_small_file(root.file("seen"), 1000).value(),
            folder.active_link() + "|" + folder.slot(Slot::kB) + "|" +
                std::string(to_hex(digest(0xB0)).view()) + "\n");
  ASSERT_TRUE(runtime().activate(0, Slot::kNone, {}).ok());
  ASSERT_TRUE(runtime().reload(0).ok());
  finish_reload();
  EXPECT_EQ(read_small_file(root.file("seen"), 1000).value(), "||\n");
}

TEST_F(LinuxRuntimeTest, AReloadHookThatCannotBeStartedIsToldAtOnce) {
  model.reload = {"/no/such/hook"};
  EXPECT_EQ(runtime().reload(0).code(), Code::kFailedPrecondition);
}

TEST_F(LinuxRuntimeTest, HealthCountsFromTheLastReload) {
  model.health_file = root.file("health");
  const std::string text = "digest=" + std::string(64, 'b') + "\nhealthy=1\nend\n";
  write_text(model.health_file, text);
  EXPECT_TRUE(runtime().health(0).present) << "said before this process began";
  ASSERT_TRUE(runtime().reload(0).ok());
  EXPECT_FALSE(runtime().health(0).present);
  fs::remove(model.health_file);
  write_text(model.health_file + ".tmp", text);
  fs::rename(model.health_file + ".tmp", model.health_file);
  EXPECT_TRUE(runtime().health(0).present);
}

TEST_F(LinuxRuntimeTest, TheNewestGoldenFilesAreKept) {
  const fs::file_time_type begin = fs::last_write_time(folder.path()) + std::chrono::hours(24);
  for (uint8_t i = 1; i <= 6; ++i) {
    ASSERT_TRUE(runtime().store_golden(0, digest(i), as_bytes("vectors")).ok());
    const fs::file_time_type time = begin + std::chrono::hours(i);
    fs::last_write_time(golden_file(folder, digest(i)), time);
  }
  for (uint8_t i = 1; i <= 6; ++i) {
    EXPECT_EQ(fs::exists(golden_file(folder, digest(i))), i > 6 - kGoldenFilesKept) << int{i};
  }
}

}  // namespace
}  // namespace flotilla::edge::test
