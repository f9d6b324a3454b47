#include "controller/artifact/inspect/file_kind.h"

#include <gtest/gtest.h>

#include <string>

namespace flotilla::controller {
namespace {

FileKind kind(std::string_view file) {
  return kind_of(as_bytes(file));
}

TEST(FileKind, MarksAreKnown) {
  EXPECT_EQ(kind("FLDT\x01\x02rest"), FileKind::kDelta);
  EXPECT_EQ(kind("FLPF\x01rest"), FileKind::kPayload);
  EXPECT_EQ(kind("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n"),
            FileKind::kPointer);
  EXPECT_EQ(kind("\n <!DOCTYPE html><title>Sign in</title>"), FileKind::kPage);
  EXPECT_EQ(kind("\xEF\xBB\xBF<HTML>"), FileKind::kPage);
}

TEST(FileKind, TextIsToldFromBytes) {
  EXPECT_EQ(kind("{\"trees\": []}\n"), FileKind::kText);
  EXPECT_EQ(kind("Modell f\xC3\xBCr Werk 3"), FileKind::kText);
  EXPECT_EQ(kind(std::string("text\0", 5)), FileKind::kOpaque);
  EXPECT_EQ(kind("caf\xE9"), FileKind::kText) << "a character may go on after what is looked at";
  EXPECT_EQ(kind("caf\xE9 creme"), FileKind::kOpaque);
  EXPECT_EQ(kind("\x80\x81"), FileKind::kOpaque);
  EXPECT_EQ(kind(""), FileKind::kOpaque);
  EXPECT_EQ(kind(std::string(5000, 'a') + '\x01'), FileKind::kText) << "the first 4 KiB decide";
}

}  // namespace
}  // namespace flotilla::controller
