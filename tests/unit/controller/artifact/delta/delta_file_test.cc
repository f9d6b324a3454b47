#include "controller/artifact/delta/delta_file.h"

#include <gtest/gtest.h>

#include "schemas/base/crc32c.h"

namespace flotilla::controller {
namespace {

DeltaFileHead some_head() {
  DeltaFileHead head;
  head.decoder_memory = 27944;
  head.erase_unit = 512;
  head.base_size = 3000;
  head.base.fill(0xB1);
  head.target_size = 2100;
  head.target.fill(0x7A);
  return head;
}

std::vector<EncodedChunk> some_chunks() {
  return {{0, 1024, std::string(300, 'a')}, {1024, 512, ""}, {1536, 564, "bc"}};
}

std::string file_of(const DeltaFileHead& head, const std::vector<EncodedChunk>& chunks) {
  std::string file = delta_file_head(head, chunks);
  for (const EncodedChunk& chunk : chunks) file += chunk.payload;
  return file;
}

Code code_of(const std::string& file) {
  return DeltaFile::open(as_bytes(file)).status().code();
}

TEST(DeltaFileTest, WhatWasWrittenIsRead) {
  const std::string file = file_of(some_head(), some_chunks());
  const auto read = DeltaFile::open(as_bytes(file));
  ASSERT_TRUE(read.ok()) << read.status().reason();
  const DeltaFileHead& head = read.value().head();
  EXPECT_EQ(head.decoder_memory, 27944u);
  EXPECT_EQ(head.erase_unit, 512u);
  EXPECT_EQ(head.base_size, 3000u);
  EXPECT_EQ(head.base, some_head().base);
  EXPECT_EQ(head.target_size, 2100u);
  EXPECT_EQ(head.target, some_head().target);
  const std::vector<EncodedChunk> chunks = some_chunks();
  ASSERT_EQ(read.value().parts().size(), chunks.size());
  for (size_t i = 0; i < chunks.size(); ++i) {
    const DeltaFile::Part& part = read.value().parts()[i];
    EXPECT_EQ(part.output_offset, chunks[i].output_offset);
    EXPECT_EQ(part.output_length, chunks[i].output_length);
    EXPECT_EQ(as_text(part.payload), chunks[i].payload);
  }
}

TEST(DeltaFileTest, TheHeadIsTheOneOfTheSpecification) {
  const std::string head = delta_file_head(some_head(), some_chunks());
  const std::string marks = std::string(16, '\xB1') + "\xB4\x10" + std::string(16, '\x7A');
  const std::string expected = std::string("FLDT\x01\x02\xA8\xDA\x01\x80\x04\xB8\x17", 13) + marks +
                               std::string("\x03\x02\xAC\x02\x01\x00\x02\x02", 8);
  ASSERT_EQ(head.size(), expected.size() + 4);
  EXPECT_EQ(head.substr(0, expected.size()), expected);
  EXPECT_EQ(load_u32_le(as_bytes(head).data() + expected.size()), crc32c(as_bytes(expected)));
}

TEST(DeltaFileTest, WithoutABaseThereIsNoMarkOfOne) {
  DeltaFileHead head = some_head();
  const size_t with = delta_file_head(head, some_chunks()).size();
  head.base_size = 0;
  const std::string file = file_of(head, some_chunks());
  EXPECT_LE(delta_file_head(head, some_chunks()).size(), with - 16);
  ASSERT_EQ(code_of(file), Code::kOk);
  EXPECT_EQ(DeltaFile::open(as_bytes(file)).value().head().base_size, 0u);
}

TEST(DeltaFileTest, EveryShorterOrLongerFileIsRefused) {
  const std::string file = file_of(some_head(), some_chunks());
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_EQ(code_of(file.substr(0, size)), size < 6 ? Code::kInvalidArgument : Code::kDataLoss)
        << size;
  }
  EXPECT_EQ(code_of(file + "x"), Code::kDataLoss);
}

TEST(DeltaFileTest, EveryChangedBitOfTheHeadIsRefused) {
  const size_t size = delta_file_head(some_head(), some_chunks()).size();
  const std::string file = file_of(some_head(), some_chunks());
  for (size_t bit = 0; bit < 8 * size; ++bit) {
    std::string changed = file;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_NE(code_of(changed), Code::kOk) << bit;
  }
}

TEST(DeltaFileTest, OtherFilesAndVersionsAreToldApart) {
  const std::string file = file_of(some_head(), some_chunks());
  EXPECT_EQ(code_of(""), Code::kInvalidArgument);
  EXPECT_EQ(code_of("TFL3 is something else"), Code::kInvalidArgument);
  std::string other = file;
  other[4] = 2;
  EXPECT_EQ(code_of(other), Code::kUnimplemented);
  other = file;
  other[5] = 1;
  EXPECT_EQ(code_of(other), Code::kUnimplemented);
}

TEST(DeltaFileTest, TablesThatDoNotFitTheTargetAreRefused) {
  DeltaFileHead head = some_head();
  head.target_size = 5000;
  EXPECT_EQ(code_of(file_of(head, some_chunks())), Code::kDataLoss) << "too little";
  head.target_size = 1500;
  EXPECT_EQ(code_of(file_of(head, some_chunks())), Code::kDataLoss) << "a chunk too many";
  head = some_head();
  EXPECT_EQ(code_of(file_of(head, {})), Code::kDataLoss) << "none";
}

}  // namespace
}  // namespace flotilla::controller
