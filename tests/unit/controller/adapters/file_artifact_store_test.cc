#include "controller/adapters/file_artifact_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "controller/adapters/mbed_hasher.h"
#include "tests/support/adapter_keys.h"

namespace flotilla::controller {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileArtifactStoreTest : public ::testing::Test {
 protected:
  FileArtifactStoreTest() { reopen(); }

  void reopen(DiskReserve reserve = {0}) {
    store_.reset();
    store_ = FileArtifactStore::open({folder_ / "artifacts", reserve}, failure_);
  }
  Digest put(const std::string& content) {
    auto writer = store_->create().value();
    EXPECT_TRUE(writer->append(as_bytes(content).first(content.size() / 2)).ok());
    EXPECT_TRUE(writer->append(as_bytes(content).subspan(content.size() / 2)).ok());
    return writer->finish().value();
  }
  std::string read(const Digest& digest) {
    const auto view = store_->open(digest);
    return view.ok() ? std::string(as_text(view.value()->bytes())) : view.status().reason();
  }
  std::string path(const Digest& digest) {
    const std::string hex(to_hex(digest).view());
    return folder_ / ("artifacts/" + hex.substr(0, 2) + "/" + hex);
  }
  size_t files() {
    size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }

  flotilla::testing::TemporaryFolder folder_;
  std::string failure_;
  std::unique_ptr<FileArtifactStore> store_;
};

TEST_F(FileArtifactStoreTest, KeepsBytesUnderTheirDigest) {
  MbedHasher hasher;
  const Digest digest = put("hello, artifact");
  EXPECT_EQ(digest, hasher.sha256({as_bytes("hello, artifact")}));
  EXPECT_TRUE(store_->contains(digest));
  EXPECT_EQ(read(digest), "hello, artifact");
  reopen();
  EXPECT_EQ(read(digest), "hello, artifact");
}

TEST_F(FileArtifactStoreTest, EmptyBytesAreAnArtifactToo) {
  EXPECT_EQ(read(put("")), "");
}

TEST_F(FileArtifactStoreTest, StoringTwiceIsOneFile) {
  const Digest first = put("same");
  EXPECT_EQ(put("same"), first);
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileArtifactStoreTest, AnUnknownDigestIsNotFound) {
  Digest none;
  none.bytes.fill(3);
  EXPECT_FALSE(store_->contains(none));
  EXPECT_EQ(store_->open(none).status().code(), Code::kNotFound);
  EXPECT_TRUE(store_->remove(none).ok());
}

TEST_F(FileArtifactStoreTest, ADroppedWriterLeavesNothing) {
  {
    auto writer = store_->create().value();
    ASSERT_TRUE(writer->append(as_bytes("half")).ok());
    EXPECT_EQ(files(), 1u);
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(FileArtifactStoreTest, LeftoversOfACrashGoAtTheNextStart) {
  const Digest kept = put("kept");
  std::ofstream(folder_ / "artifacts/incoming/0") << "half a file";
  reopen();
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(read(kept), "kept");
}

TEST_F(FileArtifactStoreTest, RottenBytesAreSeenBeforeTheyAreServed) {
  const Digest digest = put("precious");
  std::ofstream(path(digest), std::ios::in | std::ios::out) << "P";
  EXPECT_EQ(store_->open(digest).status().code(), Code::kDataLoss);
  put("precious");
  EXPECT_EQ(read(digest), "precious") << "storing it again repairs it";
}

TEST_F(FileArtifactStoreTest, ViewsOutliveRemoval) {
  const Digest digest = put("still here");
  const auto view = store_->open(digest).value();
  ASSERT_TRUE(store_->remove(digest).ok());
  EXPECT_FALSE(store_->contains(digest));
  EXPECT_EQ(as_text(view->bytes()), "still here");
}

TEST_F(FileArtifactStoreTest, BelowTheReserveNothingIsAccepted) {
  const Digest digest = put("before");
  reopen({101, UINT64_MAX});
  EXPECT_EQ(store_->create().status().code(), Code::kResourceExhausted);
  EXPECT_EQ(read(digest), "before");
}

TEST_F(FileArtifactStoreTest, AFolderThatCannotBeUsedIsExplained) {
  std::ofstream(folder_ / "file") << "x";
  EXPECT_FALSE(FileArtifactStore::open({folder_ / "file/below", {0}}, failure_));
  EXPECT_THAT(failure_, HasSubstr("file/below"));
}

TEST_F(FileArtifactStoreTest, SeveralThreadsMayWriteAndReadAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string content = std::to_string(i % 7) + std::string(1000, char('a' + t % 2));
        const Digest digest = put(content);
        EXPECT_EQ(read(digest), content);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(files(), 14u);
}

}  // namespace
}  // namespace flotilla::controller
