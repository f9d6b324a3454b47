#include "controller/adapters/file_payload_cache.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace flotilla::controller {
namespace {

namespace fs = std::filesystem;

Digest key(uint8_t number) {
  Digest out;
  out.bytes.fill(number);
  return out;
}

class FilePayloadCacheTest : public ::testing::Test {
 protected:
  FilePayloadCacheTest() {
    char scratch[] = "/tmp/flotilla-cache-XXXXXX";
    folder_ = mkdtemp(scratch);
  }
  ~FilePayloadCacheTest() override { fs::remove_all(folder_); }

  FilePayloadCache::Options options(uint64_t limit = 1000) const {
    FilePayloadCache::Options out;
    out.folder = folder_ / "cache";
    out.limit = limit;
    out.reserve = {0};
    return out;
  }
  /// Moves a file's last use into the past.
  void age(uint8_t number, int hours) const {
    const fs::path file = folder_ / "cache" / std::string(to_hex(key(number)).view());
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(hours));
  }

  fs::path folder_;
};

TEST_F(FilePayloadCacheTest, FindsWhatItKeptAlsoLater) {
  FilePayloadCache(options()).keep(key(1), {as_bytes("head"), as_bytes(" and body")});
  FilePayloadCache cache(options());
  ASSERT_NE(cache.find(key(1)), nullptr);
  EXPECT_EQ(as_text(cache.find(key(1))->bytes()), "head and body");
  EXPECT_EQ(cache.find(key(2)), nullptr);
  cache.keep(key(1), {as_bytes("other")});
  EXPECT_EQ(as_text(cache.find(key(1))->bytes()), "other");
}

TEST_F(FilePayloadCacheTest, WhatWasFoundLongestAgoGoesFirst) {
  FilePayloadCache cache(options(250));
  const std::string content(100, 'x');
  cache.keep(key(1), {as_bytes(content)});
  cache.keep(key(2), {as_bytes(content)});
  age(1, 3);
  age(2, 2);
  ASSERT_NE(cache.find(key(1)), nullptr);
  cache.keep(key(3), {as_bytes(content)});
  EXPECT_NE(cache.find(key(1)), nullptr);
  EXPECT_EQ(cache.find(key(2)), nullptr);
  EXPECT_NE(cache.find(key(3)), nullptr);
}

TEST_F(FilePayloadCacheTest, WithoutAFolderNothingIsKept) {
  std::ofstream(folder_ / "cache") << "a file in its place";
  FilePayloadCache cache(options());
  cache.keep(key(1), {as_bytes("x")});
  EXPECT_EQ(cache.find(key(1)), nullptr);
}

}  // namespace
}  // namespace flotilla::controller
