#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "tests/golden/samples.h"

/// The bytes of every message, kept for ever: what an earlier release wrote must be read, and what
/// this one writes must not change unnoticed, since signatures cover it. After a deliberate change:
/// FLOTILLA_REGENERATE_GOLDEN=1 golden_test
namespace flotilla::golden {
namespace {

std::filesystem::path path_of(const Sample& sample) {
  return std::filesystem::path(FLOTILLA_GOLDEN_DIR) / "v1" / (sample.name() + ".bin");
}

std::vector<uint8_t> read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write(const std::filesystem::path& path, const std::vector<uint8_t>& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

bool regenerating() {
  const char* flag = std::getenv("FLOTILLA_REGENERATE_GOLDEN");
  return flag != nullptr && std::string(flag) == "1";
}

TEST(Golden, EncodersWriteTheKeptBytes) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(sample.name());
    if (regenerating()) write(path_of(sample), sample.bytes);
    EXPECT_EQ(read(path_of(sample)), sample.bytes);
  }
}

TEST(Golden, DecodersReadTheKeptBytes) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(sample.name());
    const AlignedBytes bytes(read(path_of(sample)));
    const Decoded decoded = decode(sample.kind, bytes.view());
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.reason();
    for (const std::string& part : sample.parts) {
      EXPECT_NE(decoded.text.find(part), std::string::npos) << part << "in\n" << decoded.text;
    }
  }
}

TEST(Golden, NoFileIsLeftOver) {
  std::set<std::string> expected;
  for (const Sample& sample : samples()) expected.insert(path_of(sample).filename());
  std::set<std::string> found;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(FLOTILLA_GOLDEN_DIR) / "v1")) {
    found.insert(entry.path().filename());
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace flotilla::golden
