#include "controller/artifact/optimise/built_in.h"

#include "controller/artifact/optimise/prune.h"
#include "controller/artifact/optimise/quantise.h"

namespace flotilla::controller {

Result<std::string> run_built_in(Bytes file, const OptimiseStep& step, OptimiseFault& fault) {
  switch (step.kind) {
    case OptimiseStep::Kind::kPrune:
      return prune_weights(file, step.share_ppm, fault);
    case OptimiseStep::Kind::kQuantise:
      return quantise_weights(file, fault);
    case OptimiseStep::Kind::kCommand:
    case OptimiseStep::Kind::kCompile:
      break;
  }
  fault = {"step '" + step_text(step) + "' is a command of the server's operator",
           "ask the server: flotilla model optimise NAME VERSION --for CLASS"};
  return Status(Code::kUnimplemented, "not a built-in step");
}

}  // namespace flotilla::controller
