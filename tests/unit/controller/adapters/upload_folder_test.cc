#include "controller/adapters/upload_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <utime.h>

#include <atomic>
#include <ctime>
#include <filesystem>
#include <thread>

#include "tests/support/controller_hasher.h"

namespace flotilla::controller {
namespace {

namespace fs = std::filesystem;

class UploadFolderTest : public ::testing::Test {
 protected:
  UploadFolderTest() {
    char scratch[] = "/tmp/flotilla-uploads-XXXXXX";
    root = mkdtemp(scratch);
    artifacts = FileArtifactStore::open({root / "artifacts", {0}}, why);
    restart();
  }
  ~UploadFolderTest() override { fs::remove_all(root); }

  void restart() {
    uploads.reset();
    uploads = UploadFolder::open({root / "uploads", {0}}, *artifacts, why);
    ASSERT_NE(uploads, nullptr) << why;
  }

  /// Sends `text` at `offset` of a file of kSize bytes.
  Status send(uint64_t offset, std::string_view text) {
    const auto part = uploads->resume("a", kSize, offset);
    return part.ok() ? part.value()->append(as_bytes(text)) : part.status();
  }

  uint64_t arrived() {
    const auto progress = uploads->find("a");
    return progress ? progress->offset : 0;
  }

  static constexpr uint64_t kSize = 11;
  fs::path root;
  std::string why;
  testing::TestHasher hasher;
  std::unique_ptr<FileArtifactStore> artifacts;
  std::unique_ptr<UploadFolder> uploads;
};

TEST_F(UploadFolderTest, ContinuesInThisProcessAndTheNext) {
  EXPECT_TRUE(send(0, "hello").ok());
  EXPECT_TRUE(send(5, " ").ok());
  EXPECT_EQ(arrived(), 6u);
  restart();
  EXPECT_EQ(arrived(), 6u);
  {
    const auto part = uploads->resume("a", kSize, 6);
    ASSERT_TRUE(part.ok());
    EXPECT_EQ(part.value()->finish().status().code(), Code::kFailedPrecondition);
    ASSERT_TRUE(part.value()->append(as_bytes("world")).ok());
    const auto digest = part.value()->finish();
    ASSERT_TRUE(digest.ok()) << digest.status().reason();
    EXPECT_EQ(digest.value(), hasher.of("hello world"));
  }
  EXPECT_FALSE(uploads->find("a"));
  const auto stored = artifacts->open(hasher.of("hello world"));
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(as_text(stored.value()->bytes()), "hello world");
  EXPECT_TRUE(fs::is_empty(root / "uploads"));
}

TEST_F(UploadFolderTest, WhatDoesNotFollowIsRefusedAndChangesNothing) {
  EXPECT_EQ(send(3, "lo").code(), Code::kFailedPrecondition);
  EXPECT_TRUE(send(0, "hello").ok());
  EXPECT_EQ(send(0, "hello").code(), Code::kFailedPrecondition);
  EXPECT_EQ(uploads->resume("a", kSize + 1, 5).status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(send(5, " world, and more").code(), Code::kOutOfRange);
  EXPECT_EQ(arrived(), 5u);
}

TEST_F(UploadFolderTest, OneRequestAtATimeSends) {
  const auto first = uploads->resume("a", kSize, 0);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(uploads->resume("a", kSize, 0).status().code(), Code::kUnavailable);
  EXPECT_TRUE(uploads->resume("b", kSize, 0).ok());
}

TEST_F(UploadFolderTest, IsSeenWholeWhileTheDiskTakesIt) {
  int sightings = 0;
  for (int i = 0; i < 200 && sightings == 0; ++i) {
    const std::string id = "a" + std::to_string(i);
    const auto part = uploads->resume(id, kSize, 0);
    ASSERT_TRUE(part.ok());
    ASSERT_TRUE(part.value()->append(as_bytes("hello world")).ok());
    std::atomic<bool> begun = false;
    std::thread other([&] {
      begun = true;
      EXPECT_TRUE(part.value()->finish().ok());
    });
    while (!begun) std::this_thread::yield();
    for (; const auto progress = uploads->find(id); ++sightings) EXPECT_EQ(progress->offset, kSize);
    other.join();
  }
  EXPECT_GT(sightings, 0) << "nobody looked in time";
  EXPECT_TRUE(artifacts->contains(hasher.of("hello world")));
}

TEST_F(UploadFolderTest, NothingStaysOfAnUploadWithoutBytes) {
  EXPECT_TRUE(uploads->resume("a", kSize, 0).ok());
  EXPECT_FALSE(uploads->find("a"));
  EXPECT_TRUE(fs::is_empty(root / "uploads"));
}

TEST_F(UploadFolderTest, ForgetsAfterADay) {
  EXPECT_TRUE(send(0, "hello").ok());
  const std::time_t now = std::time(nullptr);
  const std::string file = root / "uploads" / "a.11";
  utimbuf times{now, now - UploadFolder::kKeptForS + 60};
  ASSERT_EQ(::utime(file.c_str(), &times), 0);
  restart();
  EXPECT_EQ(arrived(), 5u);
  times.modtime = now - UploadFolder::kKeptForS - 60;
  ASSERT_EQ(::utime(file.c_str(), &times), 0);
  restart();
  EXPECT_EQ(arrived(), 0u);
  EXPECT_TRUE(fs::is_empty(root / "uploads"));
}

TEST_F(UploadFolderTest, ThereIsALimit) {
  for (size_t i = 0; i < UploadFolder::kMaxUploads; ++i) {
    const auto part = uploads->resume("u" + std::to_string(i), kSize, 0);
    ASSERT_TRUE(part.ok()) << i;
    ASSERT_TRUE(part.value()->append(as_bytes("x")).ok());
  }
  EXPECT_EQ(send(0, "hello").code(), Code::kResourceExhausted);
  EXPECT_TRUE(uploads->resume("u0", kSize, 1).ok()) << "a known one goes on";
}

TEST_F(UploadFolderTest, BytesThatWereLostAreSentAgain) {
  EXPECT_TRUE(send(0, "hello").ok());
  restart();
  fs::resize_file(root / "uploads" / "a.11", 3);  // a crash before they were durable
  EXPECT_EQ(send(5, " ").code(), Code::kDataLoss);
  EXPECT_EQ(arrived(), 0u);
  EXPECT_TRUE(send(0, "hello").ok());
}

TEST_F(UploadFolderTest, OtherFilesStayAlone) {
  std::FILE* const other = std::fopen((root / "uploads" / "notes.txt").c_str(), "w");
  std::fclose(other);
  restart();
  EXPECT_TRUE(fs::exists(root / "uploads" / "notes.txt"));
  EXPECT_FALSE(uploads->find("notes"));
}

}  // namespace
}  // namespace flotilla::controller
