#include "controller/adapters/output_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace flotilla::controller {
namespace {

namespace fs = std::filesystem;

class OutputFileTest : public ::testing::Test {
 protected:
  OutputFileTest() {
    char scratch[] = "/tmp/flotilla-output-XXXXXX";
    folder_ = mkdtemp(scratch);
    path_ = folder_ / "file";
  }
  ~OutputFileTest() override { fs::remove_all(folder_); }

  std::string read() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  fs::path folder_;
  std::string path_;
};

TEST_F(OutputFileTest, AppearsWholeOrNotAtAll) {
  {
    OutputFile file;
    ASSERT_TRUE(file.open(path_, OutputFile::Existing::kKeep).ok());
    ASSERT_TRUE(file.append(as_bytes("half")).ok());
    EXPECT_FALSE(fs::exists(path_));
  }
  EXPECT_EQ(files(), 0u);
  OutputFile file;
  ASSERT_TRUE(file.open(path_, OutputFile::Existing::kKeep).ok());
  ASSERT_TRUE(file.append(as_bytes("who")).ok());
  ASSERT_TRUE(file.append(as_bytes("le")).ok());
  ASSERT_TRUE(file.finish().ok());
  EXPECT_EQ(read(), "whole");
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFileTest, KeepsOrReplacesWhatIsThere) {
  std::ofstream(path_) << "old";
  OutputFile kept;
  EXPECT_EQ(kept.open(path_, OutputFile::Existing::kKeep).code(), Code::kAlreadyExists);
  OutputFile replaced;
  ASSERT_TRUE(replaced.open(path_, OutputFile::Existing::kReplace).ok());
  ASSERT_TRUE(replaced.append(as_bytes("new")).ok());
  EXPECT_EQ(read(), "old");
  ASSERT_TRUE(replaced.finish().ok());
  EXPECT_EQ(read(), "new");
}

TEST_F(OutputFileTest, WhatAppearedMeanwhileIsKept) {
  OutputFile file;
  ASSERT_TRUE(file.open(path_, OutputFile::Existing::kKeep).ok());
  std::ofstream(path_) << "first";
  EXPECT_EQ(file.finish().code(), Code::kAlreadyExists);
  EXPECT_EQ(read(), "first");
}

TEST_F(OutputFileTest, AFolderThatIsNotThereIsToldAtOnce) {
  OutputFile file;
  EXPECT_EQ(file.open(folder_ / "no" / "file", OutputFile::Existing::kKeep).code(),
            Code::kNotFound);
}

TEST_F(OutputFileTest, FoldersAndDevicesAreNeverReplaced) {
  OutputFile folder;
  EXPECT_EQ(folder.open(folder_.string(), OutputFile::Existing::kReplace).code(),
            Code::kFailedPrecondition);
  fs::create_symlink("/dev/full", path_);
  OutputFile device;
  EXPECT_EQ(device.open(path_, OutputFile::Existing::kReplace).code(), Code::kFailedPrecondition);
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFileTest, ALinkIsFollowed) {
  const fs::path target = folder_ / "target";
  std::ofstream(target) << "old";
  fs::create_symlink(target, path_);
  OutputFile file;
  ASSERT_TRUE(file.open(path_, OutputFile::Existing::kReplace).ok());
  ASSERT_TRUE(file.append(as_bytes("new")).ok());
  ASSERT_TRUE(file.finish().ok());
  EXPECT_TRUE(fs::is_symlink(path_));
  EXPECT_EQ(read(), "new");
}

TEST_F(OutputFileTest, TwoOutputsOfOneNameAreRefused) {
  OutputFile first;
  ASSERT_TRUE(first.open(path_, OutputFile::Existing::kReplace).ok());
  OutputFile second;
  EXPECT_EQ(second.open((folder_ / "." / "file").string(), OutputFile::Existing::kReplace).code(),
            Code::kAlreadyExists);
  ASSERT_TRUE(first.append(as_bytes("first")).ok());
  ASSERT_TRUE(first.finish().ok());
  EXPECT_EQ(read(), "first");
}

}  // namespace
}  // namespace flotilla::controller
