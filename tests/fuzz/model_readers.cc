// Arbitrary bytes through the readers of model files: what they accept keeps ModelFile's promises
// (spans sorted, apart and inside the file, descriptions bounded), what they refuse is explained.
// Then through the inspection, whose counts fit together and whose lists are bounded.
// Then through the optimiser's steps, whose refusals are explained and whose pruning keeps the
// size. Seeds: small .tflite, .onnx, .safetensors and .gguf files behind a byte 0 (seeds.cc).

#include <cstddef>
#include <cstdint>
#include <string>

#include "controller/artifact/inspect/inspect_model.h"
#include "controller/artifact/optimise/built_in.h"
#include "schemas/base/assert.h"
#include "tests/support/model_facts.h"
#include "tests/support/model_files.h"

namespace flotilla::controller {
namespace {

void check(const Result<ModelFile>& read, uint64_t size, const std::string& explanation) {
  FLOTILLA_ASSERT(read.ok() == explanation.empty());
  if (read.ok()) FLOTILLA_ASSERT(test::keeps_its_promises(read.value(), size));
}

void check_facts(const Result<ModelFacts>& inspected, const InspectFault& fault) {
  FLOTILLA_ASSERT(inspected.ok() == fault.message.empty());
  FLOTILLA_ASSERT(inspected.ok() || !fault.remedy.empty());
  if (inspected.ok()) FLOTILLA_ASSERT(test::facts_fit(inspected.value()));
}

void optimise(Bytes file) {
  for (const char* text : {"prune:0.5", "quantise:int8"}) {
    OptimiseStep step;
    OptimiseFault fault;
    FLOTILLA_ASSERT(parse_step(text, step, fault).ok());
    const auto made = run_built_in(file, step, fault);
    FLOTILLA_ASSERT(made.ok() || !fault.message.empty());
    if (made.ok() && step.kind == OptimiseStep::Kind::kPrune) {
      FLOTILLA_ASSERT(made.value().size() == file.size() &&
                      read_model(as_bytes(made.value())).ok());
    }
  }
}

}  // namespace
}  // namespace flotilla::controller

/// Byte 0: 0 for a file that tells its own format, else the tfjs weights' share of the rest, before
/// their manifest.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flotilla;
  using namespace flotilla::controller;
  if (size == 0) return 0;
  const Bytes rest(data + 1, size - 1);
  std::string explanation;
  const std::atomic<bool> cancel = false;
  const InspectWatch watch{cancel, {}};
  InspectFault fault;
  if (data[0] == 0) {
    check(read_model(rest, &explanation), rest.size(), explanation);
    check_facts(inspect_model(rest, watch, &fault), fault);
    optimise(rest);
    return 0;
  }
  const Bytes weights = rest.first(rest.size() * data[0] / 256);
  const Bytes manifest = rest.subspan(weights.size());
  check(read_tfjs(weights, as_text(manifest), &explanation), weights.size(), explanation);
  check_facts(inspect_tfjs(weights, as_text(manifest), watch, &fault), fault);
  return 0;
}
