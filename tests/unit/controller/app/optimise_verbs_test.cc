// flotilla model optimise on files, from the command line to the bytes on the disk.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "controller/api/json.h"
#include "tests/support/model_files.h"
#include "tests/unit/controller/app/captured_command.h"

namespace flotilla::controller::app {
namespace {

namespace files = std::filesystem;

class OptimiseVerbs : public ::testing::Test {
 protected:
  OptimiseVerbs() {
    char scratch[] = "/tmp/flotilla-optimise-XXXXXX";
    folder_ = mkdtemp(scratch);
    std::ofstream(path("in"), std::ios::binary) << test::safetensors_file(
        R"({"w":{"dtype":"F32","shape":[8,64],"data_offsets":[0,2048]}})", test::floats(512));
  }
  ~OptimiseVerbs() override { files::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  std::string content(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  CapturedCommand optimise(const std::string& output, std::vector<std::string> more) const {
    more.insert(more.begin(), {"model", "optimise", path("in"), "--out", path(output)});
    return captured_command(std::move(more));
  }

  files::path folder_;
};

TEST_F(OptimiseVerbs, WritesTheSameBytesEachTime) {
  const std::vector<std::string> steps = {"--step", "prune:0.5", "--step", "quantise:int8"};
  const CapturedCommand first = optimise("a", steps);
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_NE(first.out.find("50.00 %"), std::string::npos) << first.out;
  EXPECT_NE(first.out.find("per channel"), std::string::npos) << first.out;
  ASSERT_EQ(optimise("b", steps).code, 0);
  EXPECT_EQ(content("a"), content("b"));
  EXPECT_LT(content("a").size(), content("in").size() / 2);
}

TEST_F(OptimiseVerbs, JsonHasTheChain) {
  const CapturedCommand made = optimise("a", {"--step", "prune:0.25", "--json"});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto document = api::Json::parse(made.out);
  EXPECT_EQ(document["optimisation"][0]["op"], "prune");
  EXPECT_EQ(document["optimisation"][0]["output_digest"], document["digest"]);
  EXPECT_EQ(document["optimisation"][0]["measured_sparsity"], 0.25);
}

TEST_F(OptimiseVerbs, RefusesAndLeavesNothingBehind) {
  const auto expect = [this](int code, const std::vector<std::string>& more,
                             const std::string& word) {
    const CapturedCommand command = optimise("a", more);
    EXPECT_EQ(command.code, code);
    EXPECT_NE(command.err.find(word), std::string::npos) << command.err;
    EXPECT_FALSE(files::exists(path("a")));
  };
  expect(2, {"--step", "prune:5"}, "the share of weights must be as 0.5");
  expect(1, {"--step", "command:tvm"}, "is a command of the server's operator");
  expect(1, {"--step", "quantise:int8", "--step", "prune:0.5"}, "prune before you quantise");
  EXPECT_EQ(optimise("in", {"--step", "prune:0.5"}).code, 2) << "would replace the model";
  EXPECT_EQ(captured_command({"model", "optimise", path("in"), "--step", "prune:0.5"}).code, 2);
}

}  // namespace
}  // namespace flotilla::controller::app
