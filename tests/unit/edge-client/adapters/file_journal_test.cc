#include "edge-client/adapters/file_journal.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "tests/unit/edge-client/app/pki.h"

namespace flotilla::edge::test {
namespace {

class FileJournalTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const ModelFolder& model : models) std::filesystem::create_directories(model.path());
  }
  FileJournal journal() { return FileJournal(root.path(), models); }

  TemporaryFolder root;
  ModelFolders models{ModelFolder(root.file("models/a")), ModelFolder(root.file("models/b"))};
};

TEST_F(FileJournalTest, ReadsErasedBytesWhereNothingWasWritten) {
  FileJournal fresh = journal();
  std::array<uint8_t, 6> out{};
  ASSERT_TRUE(fresh.read(JournalArea::kBoot0, 0, 0, out).ok());
  EXPECT_EQ(out, (std::array<uint8_t, 6>{255, 255, 255, 255, 255, 255}));
  ASSERT_TRUE(fresh.erase(JournalArea::kBoot0, 0).ok());
  ASSERT_TRUE(fresh.write(JournalArea::kBoot0, 0, 3, as_bytes("x")).ok());
  ASSERT_TRUE(fresh.read(JournalArea::kBoot0, 0, 1, out).ok());
  EXPECT_EQ(out, (std::array<uint8_t, 6>{255, 255, 'x', 255, 255, 255}));
}

TEST_F(FileJournalTest, AreasAreApartAndSurviveARestart) {
  const auto put = [](FileJournal& to, JournalArea area, uint8_t model, const char* text) {
    ASSERT_TRUE(to.erase(area, model).ok());
    ASSERT_TRUE(to.write(area, model, 0, as_bytes(text)).ok());
    ASSERT_TRUE(to.sync(area, model).ok());
  };
  constexpr std::array kAreas = {JournalArea::kDevice0, JournalArea::kDevice1, JournalArea::kBoot0,
                                 JournalArea::kBoot1, JournalArea::kProgress};
  {
    FileJournal first = journal();
    for (size_t i = 0; i < kAreas.size(); ++i) {
      put(first, kAreas[i], 0, std::to_string(i).c_str());
    }
    put(first, JournalArea::kBoot0, 1, "b");
  }
  FileJournal second = journal();
  std::array<uint8_t, 1> out{};
  for (size_t i = 0; i < kAreas.size(); ++i) {
    ASSERT_TRUE(second.read(kAreas[i], 0, 0, out).ok());
    EXPECT_EQ(out[0], '0' + i);
  }
  ASSERT_TRUE(second.read(JournalArea::kBoot0, 1, 0, out).ok());
  EXPECT_EQ(out[0], 'b');
}

TEST_F(FileJournalTest, ErasingForgetsTheWholeArea) {
  FileJournal area = journal();
  ASSERT_TRUE(area.write(JournalArea::kProgress, 1, 0, as_bytes("entries")).ok());
  ASSERT_TRUE(area.erase(JournalArea::kProgress, 1).ok());
  std::array<uint8_t, 1> out{};
  ASSERT_TRUE(area.read(JournalArea::kProgress, 1, 0, out).ok());
  EXPECT_EQ(out[0], 0xFF);
}

TEST_F(FileJournalTest, RefusesWritesBeyondTheCapacity) {
  FileJournal area = journal();
  const uint32_t end = area.capacity(JournalArea::kBoot0);
  EXPECT_GE(end, 1024u);
  EXPECT_GE(area.capacity(JournalArea::kDevice0), 4096u);
  EXPECT_TRUE(area.write(JournalArea::kBoot0, 0, end - 1, as_bytes("x")).ok());
  EXPECT_EQ(area.write(JournalArea::kBoot0, 0, end, as_bytes("x")).code(),
            Code::kResourceExhausted);
  EXPECT_EQ(area.write(JournalArea::kBoot0, 0, UINT32_MAX, as_bytes("x")).code(),
            Code::kResourceExhausted);
}

}  // namespace
}  // namespace flotilla::edge::test
