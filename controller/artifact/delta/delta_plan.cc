#include "controller/artifact/delta/delta_plan.h"

#include "controller/artifact/delta/structure_plan.h"
#include "controller/artifact/delta/tensor_match.h"
#include "controller/artifact/delta/tensor_plan.h"

namespace flotilla::controller {
namespace {

constexpr uint64_t kLeastTensor = 64;  ///< smaller ones are planned with the bytes around them

PlanNote note_of(const TensorSpan& tensor, const char* method) {
  return {tensor.name, dtype_name(tensor.dtype), tensor.offset, tensor.size, method};
}

}  // namespace

DeltaPlan plan_delta(Bytes base, const ModelFile& base_model, Bytes target,
                     const ModelFile& target_model, uint8_t profile,
                     const std::atomic<bool>& cancel) {
  const auto matches = match_tensors(base_model, base, target_model, target);
  DeltaPlan plan;
  std::vector<Span> planned;
  std::vector<Span> used;
  for (size_t i = 0; i < matches.size(); ++i) {
    if (cancel.load(std::memory_order_relaxed)) return {};
    const TensorSpan& now = target_model.tensors[i];
    if (now.size < kLeastTensor) continue;
    TensorPlan tensor = plan_tensor(base, target, matches[i], now, profile);
    plan.notes.push_back(note_of(now, tensor.method));
    const uint32_t number = static_cast<uint32_t>(plan.notes.size());
    for (PlannedOp& op : tensor.ops) {
      op.tensor = number;
      plan.ops.push_back(std::move(op));
    }
    planned.push_back({now.offset, now.offset + now.size});
    if (matches[i] != nullptr) {
      used.push_back({matches[i]->offset, matches[i]->offset + matches[i]->size});
    }
  }
  return with_structure(base, used, target, planned, std::move(plan), cancel);
}

}  // namespace flotilla::controller
