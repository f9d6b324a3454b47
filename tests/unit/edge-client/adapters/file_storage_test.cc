#include "edge-client/adapters/file_storage.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "edge-client/adapters/active_link.h"
#include "tests/unit/edge-client/app/pki.h"

namespace flotilla::edge::test {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSlotSize = 64 * 1024;

class FileStorageTest : public testing::Test {
 protected:
  void SetUp() override {
    restart();
    ASSERT_TRUE(storage->prepare().ok());
  }
  void restart() {
    storage = std::make_unique<FileStorage>(std::vector<FileStorage::Model>{{folder, kSlotSize}});
  }
  void write(Slot slot, uint64_t offset, const std::string& text) {
    ASSERT_TRUE(storage->write(0, slot, offset, as_bytes(text)).ok());
  }
  std::string read(Slot slot, uint64_t offset, size_t size) {
    std::vector<uint8_t> out(size);
    const Status status = storage->read(0, slot, offset, out);
    return status.ok() ? std::string(as_text(out)) : status.reason();
  }
  uint64_t inode(Slot slot) const {
    struct stat info {};
    return ::stat(folder.slot(slot).c_str(), &info) == 0 ? info.st_ino : 0;
  }

  TemporaryFolder root;
  ModelFolder folder{root.file("models/detector")};
  std::unique_ptr<FileStorage> storage;
};

TEST_F(FileStorageTest, ReadsBackWhatWasWrittenAlsoAfterARestart) {
  ASSERT_TRUE(storage->begin(0, Slot::kA, 100).ok());
  EXPECT_EQ(fs::file_size(folder.slot(Slot::kA)), 100u);
  ASSERT_TRUE(storage->erase(0, Slot::kA, 0, 100).ok());
  write(Slot::kA, 90, "0123456789");
  write(Slot::kA, 0, "begin");
  ASSERT_TRUE(storage->sync(0, Slot::kA).ok());
  restart();
  EXPECT_EQ(read(Slot::kA, 90, 10), "0123456789");
  EXPECT_EQ(read(Slot::kA, 0, 5), "begin");
}

TEST_F(FileStorageTest, EveryInstallationIsANewInodeAndMapsOfTheOldOneStay) {
  ASSERT_TRUE(storage->begin(0, Slot::kA, 4096).ok());
  write(Slot::kA, 0, "old image");
  const uint64_t old_inode = inode(Slot::kA);
  const Fd file = open_file(folder.slot(Slot::kA), O_RDONLY);
  void* map = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file.get(), 0);
  ASSERT_NE(map, MAP_FAILED);
  ASSERT_TRUE(storage->begin(0, Slot::kA, 4096).ok());
  write(Slot::kA, 0, "new image");
  EXPECT_NE(inode(Slot::kA), old_inode);
  EXPECT_EQ(std::string(static_cast<const char*>(map), 9), "old image");
  EXPECT_EQ(read(Slot::kA, 0, 9), "new image");
  ::munmap(map, 4096);
}

TEST_F(FileStorageTest, ResumesOnlyWhatWasBegunForThisSizeAndNeverActivated) {
  EXPECT_FALSE(storage->can_resume(0, Slot::kB, 500));
  ASSERT_TRUE(storage->begin(0, Slot::kB, 500).ok());
  restart();
  EXPECT_TRUE(storage->can_resume(0, Slot::kB, 500));
  EXPECT_FALSE(storage->can_resume(0, Slot::kB, 501));
  EXPECT_FALSE(storage->can_resume(0, Slot::kA, 500));
  ASSERT_TRUE(set_active(folder, Slot::kB).ok());
  EXPECT_FALSE(storage->can_resume(0, Slot::kB, 500)) << "an application may map it";
}

TEST_F(FileStorageTest, AnActivatedSlotIsNeverWrittenAgain) {
  ASSERT_TRUE(storage->begin(0, Slot::kA, 10).ok());
  write(Slot::kA, 0, "image");
  ASSERT_TRUE(set_active(folder, Slot::kA).ok());
  EXPECT_EQ(storage->write(0, Slot::kA, 0, as_bytes("other")).code(), Code::kFailedPrecondition);
  ASSERT_TRUE(set_active(folder, Slot::kNone).ok());
  EXPECT_EQ(storage->write(0, Slot::kA, 0, as_bytes("other")).code(), Code::kFailedPrecondition);
  EXPECT_EQ(read(Slot::kA, 0, 5), "image");
}

TEST_F(FileStorageTest, GivingUpTheActiveSlotRemovesTheLinkFirst) {
  ASSERT_TRUE(storage->begin(0, Slot::kA, 10).ok());
  ASSERT_TRUE(set_active(folder, Slot::kA).ok());
  ASSERT_TRUE(storage->begin(0, Slot::kB, 10).ok());
  EXPECT_EQ(read_active(folder), Slot::kA);
  ASSERT_TRUE(storage->begin(0, Slot::kA, 10).ok());
  EXPECT_EQ(read_active(folder), Slot::kNone);
}

TEST_F(FileStorageTest, RefusesWhatDoesNotFitTheSlotAndKeepsTheOld) {
  ASSERT_TRUE(storage->begin(0, Slot::kA, 10).ok());
  write(Slot::kA, 0, "kept");
  EXPECT_EQ(storage->begin(0, Slot::kA, kSlotSize + 1).code(), Code::kResourceExhausted);
  EXPECT_EQ(read(Slot::kA, 0, 4), "kept");
  EXPECT_EQ(storage->write(0, Slot::kA, kSlotSize, as_bytes("x")).code(), Code::kOutOfRange);
  EXPECT_EQ(storage->write(0, Slot::kA, UINT64_MAX, as_bytes("x")).code(), Code::kOutOfRange);
}

/// RLIMIT_FSIZE stands in for a full disk: both make the allocation fail.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit limit{bytes, old_limit_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_limit_);
    ::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_limit_{};
  void (*old_handler_)(int) = SIG_DFL;
};

TEST_F(FileStorageTest, AFullDiskIsRefusedWhileNothingIsLost) {
  ASSERT_TRUE(storage->begin(0, Slot::kA, 2000).ok());
  write(Slot::kA, 0, "still here");
  const uint64_t old_inode = inode(Slot::kA);
  {
    const FileSizeLimit limit(4096);
    EXPECT_EQ(storage->begin(0, Slot::kA, 20'000).code(), Code::kResourceExhausted);
  }
  EXPECT_EQ(inode(Slot::kA), old_inode);
  EXPECT_EQ(read(Slot::kA, 0, 10), "still here");
  EXPECT_TRUE(storage->can_resume(0, Slot::kA, 2000));
  EXPECT_FALSE(fs::exists(folder.slot(Slot::kA) + ".new")) << "the attempt left its file";
}

TEST_F(FileStorageTest, AnAbsentSlotIsNotFoundAndTheEndIsOutOfRange) {
  std::array<uint8_t, 4> out;
  EXPECT_EQ(storage->read(0, Slot::kB, 0, out).code(), Code::kNotFound);
  ASSERT_TRUE(storage->begin(0, Slot::kB, 2).ok());
  EXPECT_EQ(storage->read(0, Slot::kB, 0, out).code(), Code::kOutOfRange);
}

TEST_F(FileStorageTest, StartRemovesWhatACrashLeftBehind) {
  write_text(folder.slot(Slot::kA) + ".new", "half");
  restart();
  ASSERT_TRUE(storage->prepare().ok());
  EXPECT_FALSE(fs::exists(folder.slot(Slot::kA) + ".new"));
}

TEST_F(FileStorageTest, TheActiveLinkIsRelativeAndIdempotent) {
  ASSERT_TRUE(storage->begin(0, Slot::kA, 1).ok());
  ASSERT_TRUE(storage->begin(0, Slot::kB, 1).ok());
  for (Slot slot : {Slot::kA, Slot::kA, Slot::kB, Slot::kNone, Slot::kNone, Slot::kA}) {
    ASSERT_TRUE(set_active(folder, slot).ok());
    EXPECT_EQ(read_active(folder), slot);
  }
  EXPECT_EQ(fs::read_symlink(folder.active_link()), "a.img");
  fs::remove(folder.slot(Slot::kB));
  EXPECT_FALSE(set_active(folder, Slot::kB).ok()) << "a link to nothing";
  EXPECT_EQ(read_active(folder), Slot::kA);
}

}  // namespace
}  // namespace flotilla::edge::test
