// The registry of record from the command line: documents, search, fit.

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/fleet/plant.h"

namespace flotilla::test {
namespace {

class RegistryOfRecord : public testing::Test {
 protected:
  void SetUp() override {
    plant.start_broker();
    plant.start_controller();
    plant.make_model("w.safetensors", 1, 64);
    ASSERT_EQ(plant.flotilla({"class", "set", "cam-npu", "--ram", "1M"}).exit_code, 0);
  }

  std::string write(const std::string& name, const nlohmann::json& document) {
    const std::string path = plant.folder() / name;
    std::ofstream(path) << document.dump();
    return path;
  }

  static nlohmann::json document(double f1, uint64_t ram) {
    return {{"identity", {{"tags", {"hall"}}}},
            {"evaluation", {{{"name", "f1"}, {"value", f1}}}},
            {"variants",
             {{{"hardware_class", "cam-npu"},
               {"format", "safetensors"},
               {"weights", {{"dtype", "float32"}}},
               {"requires", {{"ram_bytes", ram}}}}}}};
  }

  CommandResult push(const std::string& file) {
    return plant.flotilla({"model", "push", "linear", plant.model("w.safetensors"), "--class",
                           "cam-npu", "--label", "1.0", "--document", file});
  }

  Plant plant;
};

TEST_F(RegistryOfRecord, ADocumentIsCheckedFoundAndCorrected) {
  nlohmann::json bad = document(0.95, 1000);
  bad["evaluation"][0].erase("value");
  const CommandResult refused = push(write("bad.json", bad));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("document.evaluation[0].value is missing"), std::string::npos)
      << refused.err;
  ASSERT_EQ(push(write("good.json", document(0.95, 1000))).exit_code, 0);

  const std::string where = "class=cam-npu and dtype=float32 and metric.f1>0.9 and tag=hall";
  const CommandResult found = plant.flotilla({"model", "list", "--where", where});
  EXPECT_EQ(found.exit_code, 0) << found.err;
  EXPECT_NE(found.out.find("linear"), std::string::npos) << found.out;
  const CommandResult wrong = plant.flotilla({"model", "list", "--where", "class=cam-npu and"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_NE(wrong.err.find("character 18: expected a field, not the end"), std::string::npos)
      << wrong.err;

  const std::string worse = write("worse.json", document(0.7, 1000));
  ASSERT_EQ(plant
                .flotilla({"model", "revise", "linear", "1.0", "--document", worse, "--reason",
                           "measured again"})
                .exit_code,
            0);
  EXPECT_EQ(plant.query({"model", "list", "--where", where})["versions"].size(), 0u);
  const CommandResult revisions = plant.flotilla({"model", "show", "linear", "1.0", "--revisions"});
  EXPECT_NE(revisions.out.find("measured again"), std::string::npos) << revisions.out;
  const CommandResult first =
      plant.flotilla({"model", "document", "linear", "1.0", "--revision", "0"});
  EXPECT_EQ(nlohmann::json::parse(first.out), document(0.95, 1000));
}

TEST_F(RegistryOfRecord, WhatDoesNotFitIsNotRolledOut) {
  ASSERT_EQ(push(write("large.json", document(0.9, 2 << 20))).exit_code, 0);
  const CommandResult fit = plant.flotilla({"model", "fit", "linear", "1.0"});
  EXPECT_EQ(fit.exit_code, 1);
  EXPECT_NE(fit.out.find("2097152 bytes"), std::string::npos) << fit.out;
  EXPECT_NE(fit.out.find("does not fit"), std::string::npos) << fit.out;
  const CommandResult start = plant.flotilla({"rollout", "start", "linear", "1.0"});
  EXPECT_EQ(start.exit_code, 1);
  EXPECT_NE(start.err.find("it needs 2097152 bytes (document, requires), the class has 1048576"),
            std::string::npos)
      << start.err;
  ASSERT_EQ(plant.flotilla({"class", "set", "cam-npu", "--ram", "4M"}).exit_code, 0);
  EXPECT_EQ(plant.flotilla({"model", "fit", "linear", "1.0"}).exit_code, 0);
}

}  // namespace
}  // namespace flotilla::test
