// The two windows of the applier: they hold what the storage holds, whatever the order of calls.

#include "edge-client/core/slot_window.h"

#include <gtest/gtest.h>

#include "schemas/base/crc32c.h"
#include "schemas/base/prng.h"
#include "tests/support/delta_bench.h"

namespace flotilla::edge {
namespace {

using flotilla::testing::BorderedStorage;

std::vector<uint8_t> noise(Prng& random, size_t size) {
  std::vector<uint8_t> bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
  return bytes;
}

TEST(BaseWindowTest, ShowsTheBaseAtAnyOffset) {
  Prng random(1);
  const std::vector<uint8_t> base = noise(random, 1000);
  for (const size_t size : {4u, 7u, 64u, 256u, 2000u}) {
    BorderedStorage storage(base, 0, 0);
    std::vector<uint8_t> buffer(size);
    BaseWindow window(storage, buffer);
    window.open(0, Slot::kA, base.size());
    for (int i = 0; i < 2000; ++i) {
      const uint32_t least = 1 + random.below(4);
      const uint32_t at = random.below(static_cast<uint32_t>(base.size()) - least + 1);
      Bytes bytes;
      ASSERT_TRUE(window.at(at, least, bytes).ok());
      ASSERT_GE(bytes.size(), least);
      ASSERT_TRUE(equal(bytes, Bytes(base).subspan(at, bytes.size())));
    }
    EXPECT_FALSE(storage.was_breached());
  }
}

TEST(BaseWindowTest, SumsUpAnyStretch) {
  Prng random(2);
  const std::vector<uint8_t> base = noise(random, 700);
  BorderedStorage storage(base, 0, 0);
  std::vector<uint8_t> buffer(64);
  BaseWindow window(storage, buffer);
  window.open(0, Slot::kA, base.size());
  for (int i = 0; i < 300; ++i) {
    const uint32_t at = random.below(700);
    const uint32_t length = random.below(700 - at + 1);
    uint32_t sum = 0;
    ASSERT_TRUE(window.checksum(at, length, sum).ok());
    ASSERT_EQ(sum, crc32c(Bytes(base).subspan(at, length)));
  }
}

TEST(BaseWindowTest, AnotherSlotIsReadAnew) {
  const std::vector<uint8_t> base(100, 'a');
  BorderedStorage storage(base, 0, 100);
  ASSERT_TRUE(storage.write(0, Slot::kB, 0, std::vector<uint8_t>(100, 'b')).ok());
  std::vector<uint8_t> buffer(64);
  BaseWindow window(storage, buffer);
  Bytes bytes;
  window.open(0, Slot::kA, 100);
  ASSERT_TRUE(window.at(10, 1, bytes).ok());
  EXPECT_EQ(bytes[0], 'a');
  window.open(0, Slot::kB, 100);
  ASSERT_TRUE(window.at(10, 1, bytes).ok());
  EXPECT_EQ(bytes[0], 'b');
}

TEST(BaseWindowTest, AFailedReadLeavesNothingBehind) {
  const std::vector<uint8_t> base(100, 'a');
  BorderedStorage storage(base, 0, 0);
  std::vector<uint8_t> buffer(64, 'x');
  BaseWindow window(storage, buffer);
  window.open(0, Slot::kA, 100);
  Bytes bytes;
  storage.fails = "read";
  EXPECT_EQ(window.at(0, 1, bytes).code(), Code::kUnavailable);
  storage.fails = "";
  ASSERT_TRUE(window.at(0, 1, bytes).ok());
  EXPECT_EQ(bytes[0], 'a');
}

TEST(OutputWindowTest, KnowsAllThatWasPutWhereverItIs) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Prng random(seed);
    const uint64_t offset = random.below(500);
    BorderedStorage storage({}, offset, 3000);
    std::vector<uint8_t> buffer(1 + random.below(300));
    OutputWindow window(storage, buffer);
    window.open(0, Slot::kB, offset);
    std::vector<uint8_t> all;
    while (all.size() < 2000) {
      const std::vector<uint8_t> part = noise(random, 1 + random.below(200));
      ASSERT_TRUE(window.put(part).ok());
      all.insert(all.end(), part.begin(), part.end());
      const uint32_t from = random.below(static_cast<uint32_t>(all.size()));
      std::vector<uint8_t> back(1 + random.below(static_cast<uint32_t>(all.size()) - from));
      ASSERT_TRUE(window.back(offset + from, back).ok());
      ASSERT_TRUE(equal(back, Bytes(all).subspan(from, back.size())));
    }
    ASSERT_TRUE(window.flush().ok());
    ASSERT_TRUE(window.flush().ok());
    EXPECT_EQ(storage.written(), all.size());
    uint32_t sum = 0;
    ASSERT_TRUE(window.checksum(sum).ok());
    EXPECT_EQ(sum, crc32c(all));
    EXPECT_FALSE(storage.was_breached());
  }
}

TEST(OutputWindowTest, PassesOnAFailedWrite) {
  BorderedStorage storage({}, 0, 100);
  std::vector<uint8_t> buffer(16);
  OutputWindow window(storage, buffer);
  window.open(0, Slot::kB, 0);
  storage.fails = "write";
  ASSERT_TRUE(window.put(std::vector<uint8_t>(15, 'a')).ok());
  EXPECT_EQ(window.put(std::vector<uint8_t>(1, 'a')).code(), Code::kUnavailable);
}

}  // namespace
}  // namespace flotilla::edge
