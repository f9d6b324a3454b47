#include "controller/adapters/rocksdb_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/adapter_keys.h"

namespace flotilla::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RocksdbStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<RocksdbStore> open(DiskReserve reserve = {0}) {
    return RocksdbStore::open({folder_ / "db", reserve}, failure_);
  }
  static std::vector<std::string> keys(Store& store, std::string_view prefix) {
    std::vector<std::string> found;
    EXPECT_TRUE(store
                    .scan(prefix,
                          [&](std::string_view key, std::string_view) {
                            found.emplace_back(key);
                            return true;
                          })
                    .ok());
    return found;
  }

  flotilla::testing::TemporaryFolder folder_;
  std::string failure_;
};

TEST_F(RocksdbStoreTest, BatchesSurviveReopening) {
  {
    auto store = open();
    ASSERT_TRUE(store) << failure_;
    ASSERT_TRUE(store->commit({{"a", "1"}, {"b", "2"}, {"c", "3"}}).ok());
    ASSERT_TRUE(store->commit({{"b", std::nullopt}, {"a", "one"}}).ok());
  }
  auto store = open();
  ASSERT_TRUE(store) << failure_;
  EXPECT_EQ(store->get("a").value(), "one");
  EXPECT_EQ(store->get("b").value(), std::nullopt);
  EXPECT_THAT(keys(*store, ""), ElementsAre("a", "c"));
}

TEST_F(RocksdbStoreTest, ScansAPrefixInByteOrder) {
  auto store = open();
  const std::string high = "m\xff";
  ASSERT_TRUE(
      store->commit({{"m2", ""}, {"m", ""}, {"n", ""}, {high, ""}, {"m1", ""}, {"l", ""}}).ok());
  EXPECT_THAT(keys(*store, "m"), ElementsAre("m", "m1", "m2", high));
  int visits = 0;
  ASSERT_TRUE(store
                  ->scan("m",
                         [&](std::string_view, std::string_view) {
                           ++visits;
                           return visits < 2;
                         })
                  .ok());
  EXPECT_EQ(visits, 2);
}

TEST_F(RocksdbStoreTest, ScansAPrefixBackwards) {
  auto store = open();
  const std::string high = "m\xff";
  ASSERT_TRUE(
      store->commit({{"m2", ""}, {"m", ""}, {"n", ""}, {high, ""}, {"m1", ""}, {"l", ""}}).ok());
  std::vector<std::string> found;
  size_t most = 10;
  const auto note = [&](std::string_view key, std::string_view) {
    found.emplace_back(key);
    return found.size() < most;
  };
  ASSERT_TRUE(store->scan_back("m", "", note).ok());
  EXPECT_THAT(found, ElementsAre(high, "m2", "m1", "m"));
  found.clear();
  ASSERT_TRUE(store->scan_back("m", "m2", note).ok());
  EXPECT_THAT(found, ElementsAre("m1", "m")) << "below it";
  found.clear();
  most = 1;
  ASSERT_TRUE(store->scan_back("", "", note).ok());
  EXPECT_THAT(found, ElementsAre("n"));
  ASSERT_TRUE(store->scan_back(high, "", note).ok());
  EXPECT_THAT(found, ElementsAre("n", high));
}

TEST_F(RocksdbStoreTest, KeysAndValuesMayHoldAnyByte) {
  auto store = open();
  const std::string odd("\0\n\xff\0", 4);
  ASSERT_TRUE(store->commit({{odd, odd}}).ok());
  EXPECT_EQ(store->get(odd).value(), odd);
}

TEST_F(RocksdbStoreTest, ATornLogLosesWholeBatchesOnly) {
  {
    auto store = open();
    for (int i = 0; i < 50; ++i) {
      const std::string n = std::to_string(i);
      ASSERT_TRUE(store->commit({{"a" + n, n}, {"b" + n, std::string(300, 'x')}}).ok());
    }
    // The process ends here without closing: the folder is copied as it lies on the disk.
    std::filesystem::copy(folder_ / "db", folder_ / "copy",
                          std::filesystem::copy_options::recursive);
  }
  std::filesystem::remove_all(folder_ / "db");
  std::filesystem::rename(folder_ / "copy", folder_ / "db");
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "db")) {
    if (entry.path().extension() != ".log") continue;
    std::filesystem::resize_file(entry.path(), entry.file_size() - 150);
  }
  auto store = open();
  ASSERT_TRUE(store) << failure_;
  EXPECT_EQ(keys(*store, "a").size(), 49u);
  EXPECT_EQ(keys(*store, "b").size(), 49u);
}

TEST_F(RocksdbStoreTest, ASecondOwnerIsToldWhoHoldsTheLock) {
  auto store = open();
  ASSERT_TRUE(store);
  EXPECT_FALSE(open());
  EXPECT_THAT(failure_, HasSubstr("another process holds the lock of " + (folder_ / "db")));
  EXPECT_THAT(failure_, HasSubstr("is flotilla serve already running?"));
}

TEST_F(RocksdbStoreTest, AFolderThatCannotBeMadeIsExplained) {
  std::ofstream(folder_ / "db") << "a file";
  EXPECT_FALSE(open());
  EXPECT_THAT(failure_, HasSubstr(folder_ / "db"));
}

TEST_F(RocksdbStoreTest, BelowTheReserveNothingChanges) {
  {
    auto store = open();
    ASSERT_TRUE(store->commit({{"a", "1"}}).ok());
  }
  auto store = open({101, UINT64_MAX});
  EXPECT_EQ(store->commit({{"a", "2"}}).code(), Code::kResourceExhausted);
  EXPECT_EQ(store->get("a").value(), "1");
}

TEST_F(RocksdbStoreTest, AnEmptyBatchIsOk) {
  EXPECT_TRUE(open()->commit({}).ok());
}

}  // namespace
}  // namespace flotilla::controller
