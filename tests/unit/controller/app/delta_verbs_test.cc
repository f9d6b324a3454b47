// The verbs that need no server, from the command line to the bytes on the disk.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "controller/api/json.h"
#include "tests/support/delta_models.h"
#include "tests/unit/controller/app/captured_command.h"

namespace flotilla::controller::app {
namespace {

namespace fs = std::filesystem;
using flotilla::testing::SampleModel;

class DeltaVerbs : public ::testing::Test {
 protected:
  DeltaVerbs() {
    char scratch[] = "/tmp/flotilla-delta-XXXXXX";
    folder_ = mkdtemp(scratch);
    Prng random(5);
    const SampleModel model = flotilla::testing::make_model(random, SampleModel::Format::kOnnx);
    old_ = model.file();
    new_ = flotilla::testing::updated(random, model, 0).file();
    write("old", old_);
    write("new", new_);
  }
  ~DeltaVerbs() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      found.push_back(entry.path().filename());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "model");
    CapturedCommand command = captured_command(std::move(arguments));
    out_ = std::move(command.out);
    err_ = std::move(command.err);
    return command.code;
  }
  int encode(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"delta", path("old"), path("new"), "--output", path("delta")});
    return run(more);
  }
  int apply(const std::string& base = "old", std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"apply", path(base), path("delta"), "--output", path("back")});
    return run(more);
  }
  /// Refused with that word in the message, and nothing left behind.
  void expect_refused(int code, const std::string& word) {
    EXPECT_EQ(code, 1);
    EXPECT_NE(err_.find(word), std::string::npos) << err_;
    EXPECT_NE(err_.find("to do: "), std::string::npos) << err_;
    EXPECT_EQ(out_, "");
  }

  fs::path folder_;
  std::string old_;
  std::string new_;
  std::string out_;
  std::string err_;
};

TEST_F(DeltaVerbs, ApplyIsTheInverseOfDelta) {
  ASSERT_EQ(encode(), 0) << err_;
  EXPECT_NE(out_.find("TENSOR"), std::string::npos) << out_;
  EXPECT_NE(out_.find("delta file"), std::string::npos) << out_;
  EXPECT_LT(read("delta").size(), new_.size());
  ASSERT_EQ(apply(), 0) << err_;
  EXPECT_EQ(read("back"), new_);
  EXPECT_EQ(names(), (std::vector<std::string>{"back", "delta", "new", "old"}));
}

TEST_F(DeltaVerbs, JsonHasTheFigures) {
  ASSERT_EQ(encode({"--json"}), 0) << err_;
  const api::Json document = api::Json::parse(out_);
  EXPECT_EQ(document["file_bytes"], read("delta").size());
  EXPECT_LT(document["payload_bytes"], document["file_bytes"]);
  EXPECT_LE(document["payload_bytes"], document["full_bytes"]);
  EXPECT_EQ(document["new"]["bytes"], new_.size());
  EXPECT_EQ(document["new"]["format"], "onnx");
  EXPECT_GE(document["chunks"], 1);
  EXPECT_GT(document["decoder_memory"], 1000);
  uint64_t bytes = document["outside_tensors"]["bytes"];
  for (const api::Json& tensor : document["tensors"]) {
    bytes += tensor["bytes"].get<uint64_t>();
    EXPECT_FALSE(tensor["method"].get<std::string>().empty());
  }
  EXPECT_EQ(bytes, new_.size());
}

TEST_F(DeltaVerbs, TheReportIsOnePage) {
  ASSERT_EQ(encode({"--report", path("page.html")}), 0) << err_;
  const std::string page = read("page.html");
  EXPECT_EQ(page.rfind("<!doctype html>", 0), 0u);
  EXPECT_NE(page.find("<svg"), std::string::npos);
  EXPECT_EQ(page.find("http"), std::string::npos) << "a page that asks elsewhere";
  EXPECT_EQ(page.find("nan"), std::string::npos);
}

TEST_F(DeltaVerbs, LimitsOfTheClassHold) {
  ASSERT_EQ(
      encode({"--json", "--chunk-max", "1024", "--erase-unit", "256", "--decoder-memory", "20000"}),
      0)
      << err_;
  const api::Json document = api::Json::parse(out_);
  EXPECT_LE(document["decoder_memory"], 20000);
  EXPECT_GE(document["chunks"].get<uint64_t>() * 1024, document["payload_bytes"].get<uint64_t>());
  ASSERT_EQ(apply(), 0) << err_;
  EXPECT_EQ(read("back"), new_);
  EXPECT_EQ(encode({"--force", "--chunk-max", "100"}), 2);
  EXPECT_EQ(encode({"--force", "--decoder-memory", "100"}), 2);
}

TEST_F(DeltaVerbs, AnotherBaseIsRefused) {
  ASSERT_EQ(encode(), 0) << err_;
  expect_refused(apply("new"), "is not the file that the delta was made from");
  std::string rotten = old_;
  rotten[rotten.size() / 2] ^= 1;
  write("rotten", rotten);
  expect_refused(apply("rotten"), "is not the file that the delta was made from");
  expect_refused(apply("missing"), "cannot read");
  EXPECT_EQ(names(), (std::vector<std::string>{"delta", "new", "old", "rotten"}));
}

TEST_F(DeltaVerbs, DamagedDeltasAreRefused) {
  ASSERT_EQ(encode(), 0) << err_;
  const std::string delta = read("delta");
  write("delta", delta.substr(0, delta.size() - 1));
  expect_refused(apply(), "cut short");
  write("delta", new_);
  expect_refused(apply(), "not a delta file");
  write("delta", "");
  expect_refused(apply(), "not a delta file");
  const size_t step = std::max<size_t>(delta.size() / 60, 1);
  for (size_t at = 6; at < delta.size(); at += step) {
    std::string altered = delta;
    altered[at] = static_cast<char>(altered[at] ^ 0x10);
    write("delta", altered);
    EXPECT_EQ(apply(), 1) << at;
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"delta", "new", "old"}));
}

TEST_F(DeltaVerbs, ExistingFilesAreKept) {
  write("delta", "precious");
  expect_refused(encode(), "exists");
  EXPECT_EQ(read("delta"), "precious");
  ASSERT_EQ(encode({"--force"}), 0) << err_;
  write("back", "precious");
  expect_refused(apply(), "exists");
  EXPECT_EQ(read("back"), "precious");
  ASSERT_EQ(apply("old", {"--force"}), 0) << err_;
  EXPECT_EQ(read("back"), new_);
}

TEST_F(DeltaVerbs, ForceReplacesNoInput) {
  EXPECT_EQ(run({"delta", path("old"), path("new"), "--output", path("new"), "--force"}), 2);
  EXPECT_NE(err_.find("it would be lost"), std::string::npos) << err_;
  EXPECT_EQ(run({"delta", path("old"), path("new"), "--output", path("d"), "--report", path("old"),
                 "--force"}),
            2);
  EXPECT_EQ(run({"delta", path("old"), path("new"), "--output", path("d")}), 0) << err_;
  EXPECT_EQ(run({"apply", path("old"), path("d"), "--output", path("d"), "--force"}), 2);
  EXPECT_EQ(read("old"), old_);
  EXPECT_EQ(read("new"), new_);
  EXPECT_EQ(names(), (std::vector<std::string>{"d", "new", "old"}));
}

TEST_F(DeltaVerbs, OutputAndReportAreTwoFiles) {
  EXPECT_EQ(run({"delta", path("old"), path("new"), "--output", path("x"), "--report", path("x")}),
            1);
  EXPECT_EQ(names(), (std::vector<std::string>{"new", "old"}));
}

TEST_F(DeltaVerbs, FilesThatCannotBeUsedAreTold) {
  expect_refused(run({"delta", path("old"), path("gone"), "--output", path("d")}), "no such file");
  expect_refused(run({"delta", folder_, path("new"), "--output", path("d")}), "regular file");
  expect_refused(run({"delta", path("old"), path("new"), "--output", path("no/where")}),
                 "cannot write");
  write("empty", "");
  EXPECT_NE(run({"delta", path("old"), path("empty"), "--output", path("d")}), 0);
  EXPECT_EQ(names(), (std::vector<std::string>{"empty", "new", "old"}));
}

TEST_F(DeltaVerbs, AnEmptyOldFileIsNone) {
  write("old", "");
  ASSERT_EQ(encode({"--json"}), 0) << err_;
  EXPECT_EQ(api::Json::parse(out_)["needs_base"], false);
  ASSERT_EQ(apply("missing"), 0) << "without a base none is read: " << err_;
  EXPECT_EQ(read("back"), new_);
}

TEST_F(DeltaVerbs, AFullDiskLeavesNothing) {
  const std::string full = "/dev/full";
  if (!fs::exists(full)) GTEST_SKIP();
  // The temporary name of the output leads to a device that has no room.
  fs::create_symlink(full, path("delta.part-" + std::to_string(::getpid())));
  EXPECT_EQ(encode(), 1);
  EXPECT_FALSE(fs::exists(path("delta")));
}

TEST_F(DeltaVerbs, ManifestsOfTfjsShardsAreFound) {
  const std::string manifest =
      R"([{"paths":["w"],"weights":[{"name":"dense/kernel","dtype":"float32","shape":[16,32]}]}])";
  Prng random(9);
  std::string shard(16 * 32 * 4, '\0');
  for (char& byte : shard) byte = static_cast<char>(random.below(256));
  write("old", shard);
  shard[100] ^= 1;
  write("new", shard);
  new_ = shard;
  write("new.json", manifest);
  write("elsewhere.json", manifest);
  ASSERT_EQ(encode({"--json", "--old-manifest", path("elsewhere.json")}), 0) << err_;
  const api::Json document = api::Json::parse(out_);
  EXPECT_EQ(document["old"]["format"], "tfjs");
  EXPECT_EQ(document["new"]["format"], "tfjs");
  ASSERT_EQ(document["tensors"].size(), 1u);
  EXPECT_EQ(document["tensors"][0]["name"], "dense/kernel");
  ASSERT_EQ(apply(), 0) << err_;
  EXPECT_EQ(read("back"), new_);
  expect_refused(encode({"--force", "--old-manifest", path("none.json")}), "cannot read");
}

class DeltaAwareVerb : public DeltaVerbs {
 protected:
  DeltaAwareVerb() {
    Prng random(8);
    flotilla::testing::SampleTensor matrix{"matrix", {64, 80}, DType::kFloat32, {}};
    for (uint32_t i = 0; i < 64 * 80; ++i) {
      matrix.values.push_back(static_cast<float>(random.below(1 << 20)) / (1 << 19) - 1);
    }
    old_ = SampleModel{SampleModel::Format::kOnnx, {matrix}}.file();
    for (float& value : matrix.values) {
      value += static_cast<float>(random.below(2001)) / 20000 - 0.05f;
    }
    new_ = SampleModel{SampleModel::Format::kOnnx, {matrix}}.file();
    write("old", old_);
    write("new", new_);
  }
  int round(const std::string& step, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--delta-aware", step, "--write-new", path("rounded")});
    return encode(more);
  }
};

TEST_F(DeltaAwareVerb, TheDeltaLeadsToTheRoundedFile) {
  ASSERT_EQ(encode(), 0) << err_;
  const size_t exact = read("delta").size();
  ASSERT_EQ(round("0.25", {"--force"}), 0) << err_;
  EXPECT_NE(out_.find("1 tensors rounded, 0 kept"), std::string::npos) << out_;
  EXPECT_NE(out_.find("OF CHANGE"), std::string::npos) << out_;
  EXPECT_LT(read("delta").size() * 2, exact);
  EXPECT_EQ(read("new"), new_);
  EXPECT_EQ(read("rounded").size(), new_.size());
  EXPECT_NE(read("rounded"), new_);
  ASSERT_EQ(apply(), 0) << err_;
  EXPECT_EQ(read("back"), read("rounded"));
}

TEST_F(DeltaAwareVerb, JsonHasTheErrors) {
  ASSERT_EQ(round("0.5", {"--json"}), 0) << err_;
  const api::Json document = api::Json::parse(out_);
  EXPECT_EQ(document["new"]["file"], path("rounded"));
  const api::Json& rounding = document["delta_aware"];
  EXPECT_EQ(rounding["origin"], path("new"));
  EXPECT_EQ(rounding["step"], 0.5);
  EXPECT_EQ(rounding["tensors_rounded"], 1);
  EXPECT_GT(rounding["relative_l2"], 0);
  EXPECT_LE(rounding["of_change"], 0.25);
  ASSERT_EQ(rounding["tensors"].size(), 1u);
  EXPECT_EQ(rounding["tensors"][0]["name"], "matrix");
  EXPECT_EQ(rounding["tensors"][0]["elements"], 64 * 80);
}

TEST_F(DeltaAwareVerb, BadStepsAreWrongUsage) {
  for (const char* step : {"0", "-0.25", "0.0001", "1.01", "1e300", "nan", "inf", "much", ""}) {
    EXPECT_EQ(round(step), 2) << step;
    EXPECT_FALSE(err_.empty()) << step;
  }
  EXPECT_EQ(encode({"--delta-aware", "0.25"}), 2) << "without --write-new";
  EXPECT_EQ(encode({"--write-new", path("rounded")}), 2) << "without --delta-aware";
  EXPECT_EQ(names(), (std::vector<std::string>{"new", "old"}));
}

TEST_F(DeltaAwareVerb, FilesWithNothingToRoundAreRefused) {
  write("new", old_);
  expect_refused(round("0.25"), "the new file is the base itself");
  write("new", "these are no numbers at all");
  expect_refused(round("0.25"), "no float tensor was found");
  write("new", new_);
  write("rounded", "precious");
  expect_refused(round("0.25"), "exists");
  EXPECT_EQ(read("rounded"), "precious");
  EXPECT_EQ(names(), (std::vector<std::string>{"new", "old", "rounded"}));
}

TEST_F(DeltaVerbs, AFalseModelIsAWarning) {
  const std::string broken = old_.substr(0, old_.size() / 2);
  write("old", broken);
  ASSERT_EQ(encode(), 0) << err_;
  ASSERT_EQ(apply(), 0) << err_;
  EXPECT_EQ(read("back"), new_);
}

}  // namespace
}  // namespace flotilla::controller::app
