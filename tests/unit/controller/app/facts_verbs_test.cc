#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "controller/api/json.h"
#include "controller/app/cli/facts_text.h"
#include "controller/app/cli/verbs.h"
#include "tests/support/model_files.h"
#include "tests/unit/controller/app/captured_command.h"

namespace flotilla::controller::app {
namespace {

class InspectVerb : public ::testing::Test {
 protected:
  InspectVerb() {
    char scratch[] = "/tmp/flotilla-inspect-XXXXXX";
    folder_ = mkdtemp(scratch);
  }
  ~InspectVerb() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  int inspect(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "inspect");
    return run(std::move(arguments));
  }
  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "model");
    CapturedCommand command = captured_command(std::move(arguments));
    out_ = std::move(command.out);
    err_ = std::move(command.err);
    return command.code;
  }
  void expect_out(const std::string& text) {
    EXPECT_NE(out_.find(text), std::string::npos) << out_;
  }

  std::filesystem::path folder_;
  std::string out_;
  std::string err_;
};

TEST_F(InspectVerb, ShowsWhatIsInside) {
  const std::string path = write("m.tflite", test::model_files()[0]);
  ASSERT_EQ(inspect({path}), kExitOk) << err_;
  expect_out("format           tflite\n");
  expect_out("quantisation     none\n");
  expect_out("operators        CONV_2D 1, Detect 1, GELU 1\n");
  expect_out("inputs           b: int8 ?x2\n");
  expect_out("QUANTISATION");
  ASSERT_EQ(inspect({path, "--json"}), kExitOk);
  const api::Json facts = api::Json::parse(out_);
  EXPECT_EQ(facts["tensors"].size(), 3u);
  EXPECT_EQ(facts["operators"]["GELU"], 1);
}

TEST_F(InspectVerb, FindsTheManifestOfTfjs) {
  const std::string path = write("weights.bin", test::floats(4));
  write("weights.bin.json", R"([{"weights":[{"name":"w","shape":[4],"dtype":"float32"}]}])");
  ASSERT_EQ(inspect({path}), kExitOk);
  expect_out("tfjs");
  EXPECT_EQ(inspect({path, "--manifest", folder_ / "none"}), kExitUsage);
}

TEST_F(InspectVerb, RefusesWithARemedy) {
  const std::string whole = test::model_files()[1];
  EXPECT_EQ(inspect({write("cut.onnx", whole.substr(0, whole.size() / 2))}), kExitRefused);
  EXPECT_NE(err_.find("onnx, byte"), std::string::npos) << err_;
  EXPECT_NE(err_.find("to do: "), std::string::npos) << err_;
  EXPECT_EQ(inspect({folder_ / "none"}), kExitUsage);
  EXPECT_EQ(inspect({write("page", "<html>"), "--json"}), kExitRefused);
  EXPECT_TRUE(api::Json::parse(out_).contains("error"));
}

TEST_F(InspectVerb, UnknownFilesAreFine) {
  ASSERT_EQ(inspect({write("x", std::string("\x01\x00", 2))}), kExitOk);
  expect_out("format           opaque");
  expect_out("note             of no known format");
}

TEST_F(InspectVerb, ATemplateNeedsNoServer) {
  ASSERT_EQ(run({"document", "--template"}), kExitOk);
  EXPECT_EQ(api::Json::parse(out_)["format_version"], 1);
  EXPECT_EQ(run({"document", "pose"}), kExitUsage);
  EXPECT_EQ(run({"revise", "pose", "1", "--document", folder_ / "none"}), kExitUsage);
}

TEST(FactsText, ALineForAVersion) {
  EXPECT_EQ(facts_line({{"format", "onnx"},
                        {"weight_tensors", 3},
                        {"parameters", 3'200'000},
                        {"dtype", "int8"},
                        {"quantisation", "per channel"},
                        {"sparsity", 0.5}}),
            "onnx, 3.20 million parameters, weights int8 per channel, 50.0 % exact zeros");
  EXPECT_EQ(facts_line({{"format", "opaque"}, {"weight_tensors", 0}}),
            "opaque, no weights were recognised");
}

}  // namespace
}  // namespace flotilla::controller::app
