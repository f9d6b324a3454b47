#include "edge-client/adapters/health_file.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/unit/edge-client/app/pki.h"

namespace flotilla::edge::test {
namespace {

const std::string kDigest(64, 'a');

std::string health_text(const std::string& more = "") {
  return "digest=" + kDigest + "\nhealthy=1\n" + more + "end\n";
}

TEST(ParseHealthTest, ReadsEveryValue) {
  std::string defect;
  const auto sample = parse_health(
      health_text("inferences=10\nfailures=2\nlatency_p50_us=300\nlatency_p99_us=900\nnew=1\n"),
      defect);
  ASSERT_TRUE(sample.has_value()) << defect;
  EXPECT_TRUE(sample->present);
  EXPECT_TRUE(sample->healthy);
  EXPECT_EQ(sample->loaded_digest.bytes[0], 0xAA);
  EXPECT_EQ(sample->inferences, 10u);
  EXPECT_EQ(sample->failures, 2u);
  EXPECT_EQ(sample->latency_p50_us, 300u);
  EXPECT_EQ(sample->latency_p99_us, 900u);
  EXPECT_TRUE(sample->engine_digest.is_none());
  const auto built = parse_health(health_text("engine=" + std::string(64, 'b') + "\n"), defect);
  ASSERT_TRUE(built.has_value()) << defect;
  EXPECT_EQ(built->engine_digest.bytes[31], 0xBB);
}

TEST(ParseHealthTest, EveryPrefixIsIncompleteAndSaysNothing) {
  const std::string whole = health_text("inferences=10\n");
  for (size_t size = 0; size < whole.size() - 1; ++size) {
    std::string defect;
    EXPECT_FALSE(parse_health(whole.substr(0, size), defect).has_value()) << size;
    EXPECT_EQ(defect, "") << size;
  }
  std::string defect;
  EXPECT_TRUE(parse_health(whole.substr(0, whole.size() - 1), defect).has_value())
      << "the last newline may be missing";
}

TEST(ParseHealthTest, WrongLinesAreNamed) {
  const std::string texts[] = {
      "healthy=1\nend\n",
      "digest=" + kDigest + "\nend\n",
      "digest=abc\nhealthy=1\nend\n",
      "digest=" + kDigest + "\nhealthy=yes\nend\n",
      health_text("inferences=-1\n"),
      health_text("latency_p50_us=99999999999\n"),
      health_text("words without equals\n"),
  };
  for (const std::string& text : texts) {
    std::string defect;
    EXPECT_FALSE(parse_health(text, defect).has_value()) << text;
    EXPECT_NE(defect, "") << text;
  }
}

class HealthFileTest : public testing::Test {
 protected:
  /// As an application should: a new file under the old name.
  void publish(const std::string& text) {
    write_text(path + ".tmp", text);
    ASSERT_EQ(std::rename((path + ".tmp").c_str(), path.c_str()), 0);
  }

  TemporaryFolder folder;
  std::string path = folder.file("health");
  MonoTime now{1000};
};

TEST_F(HealthFileTest, AnAbsentFileSaysNothing) {
  HealthFile file(path);
  EXPECT_FALSE(file.read(now).present);
  EXPECT_FALSE(HealthFile("").read(now).present);
}

TEST_F(HealthFileTest, IsReadAgainEachTime) {
  HealthFile file(path);
  publish(health_text());
  EXPECT_TRUE(file.read(now).healthy);
  publish("digest=" + kDigest + "\nhealthy=0\nend\n");
  EXPECT_TRUE(file.read(now).present);
  EXPECT_FALSE(file.read(now).healthy);
}

TEST_F(HealthFileTest, WhatWasSaidBeforeAReloadDoesNotCount) {
  HealthFile file(path);
  publish(health_text());
  file.forget();
  EXPECT_FALSE(file.read(now).present);
  publish(health_text());  // the same words, but said again
  EXPECT_TRUE(file.read(now).present);
}

TEST_F(HealthFileTest, AFileThatStopsChangingGrowsTooOld) {
  HealthFile file(path, seconds(10));
  publish(health_text());
  EXPECT_TRUE(file.read(now).present);
  EXPECT_TRUE(file.read(now + seconds(10)).present);
  EXPECT_FALSE(file.read(now + seconds(11)).present);
  publish(health_text());
  EXPECT_TRUE(file.read(now + seconds(12)).present);
}

TEST_F(HealthFileTest, AHugeFileSaysNothing) {
  HealthFile file(path);
  publish(health_text(std::string(100'000, '\n')));
  EXPECT_FALSE(file.read(now).present);
}

}  // namespace
}  // namespace flotilla::edge::test
