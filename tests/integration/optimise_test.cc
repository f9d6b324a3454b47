// Optimisation on a server, from the command line: built-in steps, an operator's command in its
// sandbox, the recorded chain, and running it again.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/fleet/plant.h"

namespace flotilla::test {
namespace {

namespace fs = std::filesystem;

class Optimise : public testing::Test {
 protected:
  void SetUp() override {
    char scratch[] = "/tmp/flotilla-commands-XXXXXX";
    commands_ = mkdtemp(scratch);
    ::chmod(commands_.c_str(), 0755);
    write_command("first");
    // Where a container gives no namespaces the rest is still to be seen.
    const std::string script = commands_ / "wrap.sh";
    nlohmann::json config = {{"namespaces", "when possible"},
                             {"landlock", "when possible"},
                             {"limits", {{"wall_s", 60}}}};
    config["commands"]["wrap"]["argv"] = nlohmann::json::array({"/bin/sh", script});
    config["commands"]["wrap"]["readable"] = nlohmann::json::array({script});
    config["commands"]["fail"] =
        nlohmann::json::array({"/bin/sh", "-c", "echo no such target >&2; exit 7"});
    std::ofstream(commands_ / "optimisers.json") << config.dump();
    plant.serve_arguments = {"--optimisers", commands_ / "optimisers.json"};
    plant.start_broker();
    plant.start_controller();
    plant.make_model("w.safetensors", 1, 64);
    ASSERT_EQ(plant.flotilla({"class", "set", "float", "--ram", "4M"}).exit_code, 0);
    ASSERT_EQ(plant.flotilla({"class", "set", "cam-npu", "--ram", "4M"}).exit_code, 0);
    ASSERT_EQ(plant.push("w.safetensors", "float", "1.0").exit_code, 0);
  }
  ~Optimise() override { fs::remove_all(commands_); }

  /// Puts a word before its input, as a compiler would make another format.
  void write_command(const std::string& word) {
    std::ofstream(commands_ / "wrap.sh")
        << "grep -q '\"hardware_class\": \"cam-npu\"' job.json || exit 9\n"
        << "{ printf '" << word << "'; cat input; } > output/engine\n"
        << "echo compiled\n"
        << "printf '{\"output\": \"engine\", \"tool\": \"wrap\", \"version\": \"1\"}' > "
           "result.json\n";
    ::chmod((commands_ / "wrap.sh").c_str(), 0644);
  }

  CommandResult optimise(std::vector<std::string> more) {
    more.insert(more.begin(), {"model", "optimise", "linear", "1.0", "--for", "cam-npu"});
    return plant.flotilla(more);
  }
  nlohmann::json chain(const std::string& version) {
    const CommandResult document = plant.flotilla({"model", "document", "linear", version});
    const auto parsed = nlohmann::json::parse(document.out, nullptr, false);
    EXPECT_TRUE(parsed.is_object()) << document.out << document.err;
    return parsed["variants"][0]["optimisation"];
  }

  fs::path commands_;
  Plant plant;
};

TEST_F(Optimise, ChainIsRecordedAndReproduced) {
  const CommandResult made = optimise(
      {"--step", "prune:0.5", "--step", "quantise:int8", "--keep-golden", "--tolerance", "0.05"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_NE(made.out.find("per channel"), std::string::npos) << made.out;
  const nlohmann::json steps = chain("1.0-opt");
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0]["op"], "prune");
  EXPECT_EQ(steps[0]["input_digest"], plant.digest_of("w.safetensors"));
  EXPECT_NEAR(steps[0]["measured_sparsity"].get<double>(), 0.5, 0.01);
  EXPECT_EQ(steps[1]["input_digest"], steps[0]["output_digest"]);
  EXPECT_EQ(steps[1]["scheme"], "int8");
  const auto version = plant.query({"model", "show", "linear", "1.0-opt"});
  EXPECT_EQ(version["variants"][0]["image_digest"], steps[1]["output_digest"]);
  EXPECT_EQ(version["variants"][0]["facts"]["dtype"], "int8");
  EXPECT_FALSE(version["variants"][0]["golden_digest"].is_null());

  const CommandResult same = plant.flotilla({"model", "reproduce", "linear", "1.0-opt"});
  EXPECT_EQ(same.exit_code, 0) << same.out << same.err;
  EXPECT_NE(same.out.find("every step gives the recorded bytes"), std::string::npos) << same.out;
  const CommandResult again = optimise({"--step", "prune:0.5"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.err.find("label '1.0-opt' names a version"), std::string::npos) << again.err;
  const CommandResult none = plant.flotilla({"model", "reproduce", "linear", "1.0"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_NE(none.err.find("has no optimisation chain"), std::string::npos) << none.err;
}

TEST_F(Optimise, ACommandCompilesAndItsChangeIsFound) {
  const CommandResult made =
      optimise({"--step", "prune:0.5", "--step", "compile:wrap:-O2", "--as", "engine"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const nlohmann::json steps = chain("engine");
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[1]["op"], "compile");
  EXPECT_EQ(steps[1]["tool"], "wrap");
  EXPECT_EQ(steps[1]["input_digest"], steps[0]["output_digest"]) << "opaque, but of known origin";
  const nlohmann::json& provenance = steps[1]["provenance"];
  EXPECT_EQ(provenance["argv"][0], "/bin/sh");
  EXPECT_EQ(provenance["files"].size(), 2u) << "the shell and its script";
  EXPECT_EQ(provenance["log_bytes"], 9);
  EXPECT_TRUE(provenance["log_digest"].is_string());

  ASSERT_EQ(plant.flotilla({"model", "reproduce", "linear", "engine"}).exit_code, 0);
  write_command("second");
  const CommandResult differs = plant.flotilla({"model", "reproduce", "linear", "engine"});
  EXPECT_EQ(differs.exit_code, 1);
  EXPECT_NE(differs.out.find("step 'compile:wrap:-O2' gives other bytes than recorded"),
            std::string::npos)
      << differs.out << differs.err;
}

TEST_F(Optimise, RefusalsSayWhatToDo) {
  const CommandResult unknown = optimise({"--step", "command:rm"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_NE(unknown.err.find("allowed are: fail, wrap"), std::string::npos) << unknown.err;
  const CommandResult failed = optimise({"--step", "command:fail"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_NE(failed.err.find("exit code 7; it said: no such target"), std::string::npos)
      << failed.err;
  const CommandResult nowhere = plant.flotilla(
      {"model", "optimise", "linear", "1.0", "--step", "prune:0.5", "--for", "nowhere"});
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_NE(nowhere.err.find("there is no class 'nowhere'"), std::string::npos) << nowhere.err;
  EXPECT_EQ(plant.rows({"model", "show", "linear"}, "versions").size(), 1u);
}

}  // namespace
}  // namespace flotilla::test
