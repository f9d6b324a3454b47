#pragma once

#include <set>

#include "controller/api/facts_view.h"
#include "controller/api/model_inspector.h"
#include "tests/unit/controller/api/fake_artifacts.h"

namespace flotilla::testing {

/// Inspects at once, for real; or says that it has not come so far.
class FakeInspector final : public controller::api::ModelInspector {
 public:
  explicit FakeInspector(FakeArtifacts& artifacts) : artifacts_(artifacts) {}

  controller::api::InspectionState ask(const Digest& image) override {
    asked.insert(image);
    controller::api::InspectionState state;
    state.failure = failure;
    state.progress = {"inspecting", 1, 2};
    if (!failure.ok() || is_busy) return state;
    const auto view = artifacts_.open(image);
    auto inspected = std::make_shared<controller::api::InspectedImage>();
    const std::atomic<bool> cancel = false;
    controller::InspectFault fault;
    const auto facts = controller::inspect_model(view.value()->bytes(), {cancel, {}}, &fault);
    if (facts.ok()) {
      inspected->facts = facts.value();
      inspected->summary = controller::api::summary_of(facts.value());
      inspected->summary.inventory =
          artifacts_.put(controller::api::to_text(controller::api::facts_json(facts.value())));
    } else {
      inspected->fault = fault;
    }
    state.image = inspected;
    return state;
  }

  bool is_busy = false;
  Status failure;
  std::set<Digest> asked;

 private:
  FakeArtifacts& artifacts_;
};

}  // namespace flotilla::testing
