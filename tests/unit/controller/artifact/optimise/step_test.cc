#include "controller/artifact/optimise/step.h"

#include <gtest/gtest.h>

namespace flotilla::controller {
namespace {

std::string round_trip(const std::string& text) {
  OptimiseStep step;
  OptimiseFault fault;
  return parse_step(text, step, fault).ok() ? step_text(step) : "refused: " + fault.message;
}

TEST(Step, IsReadAndWritten) {
  EXPECT_EQ(round_trip("prune:0.5"), "prune:0.5");
  EXPECT_EQ(round_trip("prune:0.500000"), "prune:0.5");
  EXPECT_EQ(round_trip("prune:0.000001"), "prune:0.000001");
  EXPECT_EQ(round_trip("quantise:int8"), "quantise:int8");
  EXPECT_EQ(round_trip("command:tvm"), "command:tvm");
  EXPECT_EQ(round_trip("compile:tvm-2:-O3:fast"), "compile:tvm-2:-O3:fast");
}

TEST(Step, IsRefusedWithTheReason) {
  for (const std::string text :
       {"prune:0", "prune:0.0", "prune:1", "prune:0.", "prune:0.1234567", "prune:0,5", "prune:-0.5",
        "prune:1e-3", "prune", "quantise:int4", "quantise", "distil:0.5", "",
        "command:", "command:Tvm", "compile:../x", "command:a:b\nc"}) {
    const std::string refusal = round_trip(text);
    EXPECT_TRUE(refusal.starts_with("refused: step '")) << text << " -> " << refusal;
  }
  EXPECT_TRUE(round_trip("command:" + std::string(2000, 'a')).starts_with("refused: "));
}

}  // namespace
}  // namespace flotilla::controller
