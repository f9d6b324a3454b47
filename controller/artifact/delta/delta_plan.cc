#include "controller/artifact/delta/delta_plan.h"

#include <algorithm>

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
    if (tensor.ops.empty()) continue;
    const uint32_t number = static_cast<uint32_t>(plan.notes.size());
    for (PlannedOp& op : tensor.ops) {
      op.tensor = number;
      plan.tensors.push_back(std::move(op));
    }
    planned.push_back({now.offset, now.offset + now.size});
    if (matches[i] != nullptr) {
      used.push_back({matches[i]->offset, matches[i]->offset + matches[i]->size});
    }
  }
  plan.structure =
      std::make_shared<StructurePlanner>(base, std::move(used), target, planned);
  return plan;
}

std::vector<PlannedOp> DeltaPlan::operations(uint64_t begin, uint64_t end) const {
  std::vector<PlannedOp> ops = structure->plan(begin, end);
  const auto first =
      std::upper_bound(tensors.begin(), tensors.end(), begin,
                       [](uint64_t offset, const PlannedOp& op) { return offset < op.end(); });
  const auto last =
      std::lower_bound(first, tensors.end(), end,
                       [](const PlannedOp& op, uint64_t at) { return op.target_offset < at; });
  ops.insert(ops.end(), first, last);
  std::sort(ops.begin(), ops.end(), [](const PlannedOp& a, const PlannedOp& b) {
    return a.target_offset < b.target_offset;
  });
  return ops;
}

}  // namespace flotilla::controller
