#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "controller/adapters/file_artifact_store.h"
#include "controller/adapters/rocksdb_store.h"
#include "tests/support/adapter_keys.h"
#include "tests/support/small_disk.h"

/// The stores on a file system without a free byte: they refuse, lose nothing and go on.
namespace flotilla::controller {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!disk_.mounted()) GTEST_SKIP() << "needs root, to mount a small tmpfs";
  }

  std::unique_ptr<RocksdbStore> open_store(DiskReserve reserve) {
    return RocksdbStore::open({folder_ / "db", reserve}, failure_);
  }
  std::unique_ptr<FileArtifactStore> open_artifacts(DiskReserve reserve) {
    return FileArtifactStore::open({folder_ / "artifacts", reserve}, failure_);
  }

  static size_t files_in(const std::string& folder) {
    size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      count += entry.is_regular_file() ? 1 : 0;
    return count;
  }

  /// Batches of two keys that must appear together.
  static Status commit(Store& store, int number) {
    const std::string n = std::to_string(number);
    return store.commit({{"a" + n, std::string(20'000, 'x')}, {"b" + n, n}});
  }

  static void expect_first(Store& store, int count, int more) {
    for (int i = 0; i < count + more; ++i) {
      const bool there = store.get("b" + std::to_string(i)).value().has_value();
      EXPECT_EQ(there, i < count) << i;
      EXPECT_EQ(store.get("a" + std::to_string(i)).value().has_value(), there) << i;
    }
  }

  flotilla::testing::TemporaryFolder folder_;
  flotilla::testing::SmallDisk disk_{folder_.path(), "40m"};
  std::string failure_;
};

TEST_F(FullDisk, TheDatabaseRefusesKeepsWhatItHasAndGoesOn) {
  auto store = open_store({0});
  ASSERT_TRUE(store) << failure_;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(commit(*store, i).ok());
  disk_.fill();
  // What the log had set aside may still take some; then it is over.
  int stored = 10;
  Status status = ok_status();
  while (stored < 5000 && (status = commit(*store, stored)).ok()) ++stored;
  EXPECT_EQ(status.code(), Code::kResourceExhausted) << status.reason();
  EXPECT_FALSE(commit(*store, stored).ok()) << "and stays refused";
  expect_first(*store, stored, 2);
  disk_.release();
  EXPECT_EQ(commit(*store, stored).code(), Code::kUnavailable) << "it is opened anew";
  expect_first(*store, stored, 2);
  status = commit(*store, stored);
  EXPECT_TRUE(status.ok()) << status.reason();
  expect_first(*store, stored + 1, 2);
  store.reset();
  store = open_store({0});
  ASSERT_TRUE(store) << failure_;
  expect_first(*store, stored + 1, 2);
}

TEST_F(FullDisk, TheReserveRefusesBeforeTheDatabaseIsInDanger) {
  auto store = open_store({10});
  ASSERT_TRUE(store) << failure_;
  ASSERT_TRUE(commit(*store, 0).ok());
  disk_.fill();
  const Status status = commit(*store, 1);
  EXPECT_EQ(status.code(), Code::kResourceExhausted);
  EXPECT_THAT(status.reason(), HasSubstr("below the reserve"));
  expect_first(*store, 1, 1);
  disk_.release();
  EXPECT_TRUE(commit(*store, 1).ok());
}

TEST_F(FullDisk, TheReserveIsAShareUpToANumberOfBytes) {
  const std::string folder = folder_.path();
  ASSERT_TRUE(check_reserve(folder, {90}).ok());
  disk_.fill();
  EXPECT_EQ(check_reserve(folder, {10}).code(), Code::kResourceExhausted);
  EXPECT_EQ(check_reserve(folder, {1, 4096}).code(), Code::kResourceExhausted);
  EXPECT_TRUE(check_reserve(folder, {90, 0}).ok());
  disk_.release();
  EXPECT_TRUE(check_reserve(folder, {100, 8u << 20}).ok());
  EXPECT_FALSE(check_reserve(folder, {101, 80u << 20}).ok());
}

TEST_F(FullDisk, ADatabaseThatCannotOpenSaysWhyAndOpensLater) {
  {
    auto store = open_store({0});
    ASSERT_TRUE(store) << failure_;
    ASSERT_TRUE(commit(*store, 0).ok());
  }
  disk_.fill();
  if (auto store = open_store({0})) {
    expect_first(*store, 1, 1);
  } else {
    EXPECT_THAT(failure_, AnyOf(HasSubstr("no space left"), HasSubstr("No space left")));
    EXPECT_THAT(failure_, HasSubstr(folder_ / "db"));
  }
  disk_.release();
  auto store = open_store({0});
  ASSERT_TRUE(store) << failure_;
  expect_first(*store, 1, 1);
  EXPECT_TRUE(commit(*store, 1).ok());
}

TEST_F(FullDisk, AnUploadIsRefusedAndLeavesNothing) {
  auto artifacts = open_artifacts({0});
  ASSERT_TRUE(artifacts) << failure_;
  auto first = artifacts->create().value();
  ASSERT_TRUE(first->append(as_bytes("precious")).ok());
  const Digest kept = first->finish().value();
  first.reset();
  {
    auto writer = artifacts->create().value();
    disk_.fill();
    const std::string block(64 * 1024, 'x');
    const Status status = writer->append(as_bytes(block));
    EXPECT_EQ(status.code(), Code::kResourceExhausted);
    EXPECT_STREQ(status.reason(), "the disk is full");
  }
  EXPECT_EQ(files_in(folder_ / "artifacts"), 1u) << "the half file is gone";
  EXPECT_EQ(as_text(artifacts->open(kept).value()->bytes()), "precious");
  disk_.release();
  auto again = artifacts->create().value();
  EXPECT_TRUE(again->append(as_bytes("more")).ok());
  EXPECT_TRUE(again->finish().ok());
}

TEST_F(FullDisk, TheReserveRefusesUploadsBeforeTheyBegin) {
  auto artifacts = open_artifacts({10});
  ASSERT_TRUE(artifacts) << failure_;
  disk_.fill();
  const auto refused = artifacts->create();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), Code::kResourceExhausted);
  disk_.release();
  EXPECT_TRUE(artifacts->create().ok());
}

}  // namespace
}  // namespace flotilla::controller
