#include "simulator/load/swarm/memory_storage.h"

#include <gtest/gtest.h>

namespace flotilla::sim {
namespace {

using edge::JournalArea;
using edge::Slot;

constexpr uint32_t kSlot = 20'000;

class MemoryStorageTest : public testing::Test {
 protected:
  static std::string read(MemoryStorage& storage, Slot slot, uint64_t offset, size_t size) {
    std::string out(size, '\0');
    EXPECT_TRUE(
        storage
            .read(0, slot, offset, MutableBytes(reinterpret_cast<uint8_t*>(out.data()), out.size()))
            .ok());
    return out;
  }
  static Digest length_of(Bytes bytes) {
    Digest digest;
    digest.bytes[0] = static_cast<uint8_t>(bytes.size() % 251);
    digest.bytes[1] = 1;
    return digest;
  }

  ContentPool pool;
};

TEST_F(MemoryStorageTest, WhatWasWrittenIsReadBackAcrossPages) {
  MemoryStorage storage(pool, kSlot);
  ASSERT_TRUE(storage.begin(0, Slot::kA, kSlot).ok());
  const std::string text(9000, 'z');
  ASSERT_TRUE(storage.write(0, Slot::kA, 100, as_bytes(text)).ok());
  EXPECT_EQ(read(storage, Slot::kA, 100, 9000), text) << "before the sync";
  ASSERT_TRUE(storage.sync(0, Slot::kA).ok());
  EXPECT_EQ(read(storage, Slot::kA, 99, 3), "\xFFzz");
  EXPECT_EQ(read(storage, Slot::kA, 9099, 2), "z\xFF");
  EXPECT_FALSE(storage.write(0, Slot::kA, kSlot - 1, as_bytes("ab")).ok());
}

TEST_F(MemoryStorageTest, SlotsDoNotDisturbEachOther) {
  MemoryStorage storage(pool, kSlot);
  ASSERT_TRUE(storage.begin(0, Slot::kA, kSlot).ok());
  ASSERT_TRUE(storage.begin(0, Slot::kB, kSlot).ok());
  ASSERT_TRUE(storage.write(0, Slot::kA, 0, as_bytes("first")).ok());
  ASSERT_TRUE(storage.write(0, Slot::kB, 0, as_bytes("other")).ok());
  EXPECT_EQ(read(storage, Slot::kA, 0, 5), "first");
  EXPECT_EQ(read(storage, Slot::kB, 0, 5), "other");
}

TEST_F(MemoryStorageTest, DevicesWithTheSameImageShareIt) {
  std::vector<std::unique_ptr<MemoryStorage>> devices;
  for (int i = 0; i < 50; ++i) {
    devices.push_back(std::make_unique<MemoryStorage>(pool, kSlot));
    ASSERT_TRUE(devices.back()->begin(0, Slot::kA, kSlot).ok());
    for (uint64_t at = 0; at < kSlot; at += 1000) {
      const std::string piece(1000, static_cast<char>('a' + at / 1000));
      ASSERT_TRUE(devices.back()->write(0, Slot::kA, at, as_bytes(piece)).ok());
      ASSERT_TRUE(devices.back()->sync(0, Slot::kA).ok());
    }
  }
  EXPECT_LE(pool.size(), 40u) << "pages of every state that one device passes through";
}

TEST_F(MemoryStorageTest, AnImageIsMeasuredOnceForAll) {
  int computed = 0;
  const auto hash = [&](Bytes image) {
    ++computed;
    return length_of(image);
  };
  MemoryStorage one(pool, kSlot);
  MemoryStorage two(pool, kSlot);
  for (MemoryStorage* storage : {&one, &two}) {
    ASSERT_TRUE(storage->begin(0, Slot::kA, 5000).ok());
    ASSERT_TRUE(storage->write(0, Slot::kA, 10, as_bytes("image")).ok());
    EXPECT_EQ(storage->measure(Slot::kA, hash), length_of(as_bytes(std::string(5000, 'x'))));
  }
  EXPECT_EQ(computed, 1);
  ASSERT_TRUE(two.write(0, Slot::kA, 10, as_bytes("other")).ok());
  (void)two.measure(Slot::kA, hash);
  EXPECT_EQ(computed, 2) << "other bytes are measured again";
  EXPECT_TRUE(one.measure(Slot::kB, hash).is_none());
}

TEST_F(MemoryStorageTest, JournalAreasReadAsErasedWhereNothingWasWritten) {
  MemoryStorage storage(pool, kSlot);
  uint8_t bytes[4] = {};
  ASSERT_TRUE(storage.read(JournalArea::kBoot0, 0, 0, bytes).ok());
  EXPECT_EQ(as_text(bytes), "\xFF\xFF\xFF\xFF");
  ASSERT_TRUE(storage.write(JournalArea::kBoot0, 0, 1, as_bytes("ab")).ok());
  ASSERT_TRUE(storage.sync(JournalArea::kBoot0, 0).ok());
  ASSERT_TRUE(storage.read(JournalArea::kBoot0, 0, 0, bytes).ok());
  EXPECT_EQ(as_text(bytes),
            "\xFF"
            "ab\xFF");
  ASSERT_TRUE(storage.erase(JournalArea::kBoot0, 0).ok());
  ASSERT_TRUE(storage.read(JournalArea::kBoot0, 0, 0, bytes).ok());
  EXPECT_EQ(as_text(bytes), "\xFF\xFF\xFF\xFF");
  EXPECT_FALSE(storage.write(JournalArea::kBoot0, 0, 1023, as_bytes("ab")).ok());
}

}  // namespace
}  // namespace flotilla::sim
