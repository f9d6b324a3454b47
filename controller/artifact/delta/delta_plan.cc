#include "controller/artifact/delta/delta_plan.h"

#include <algorithm>
#include <optional>

#include "controller/artifact/delta/tensor_match.h"
#include "controller/artifact/delta/tensor_plan.h"

namespace flotilla::controller {
namespace {

constexpr uint64_t kLeastTensor = 64;  ///< smaller ones are planned with the bytes around them
/// Larger tensors are planned in parts, which bounds the memory of the fits.
constexpr uint64_t kPartElements = uint64_t{4} << 20;

/// A tensor of the target, or some of its outermost slices, with their counterpart.
struct Job {
  TensorSpan now;
  std::optional<TensorSpan> old;
  TensorPlan plan;
};

/// Slices [first, first + count) of the outermost dimension.
TensorSpan slices_of(const TensorSpan& tensor, uint64_t first, uint64_t count) {
  TensorSpan part = tensor;
  const uint64_t size = tensor.size / tensor.shape[0];
  part.shape[0] = count;
  part.offset += first * size;
  part.size = count * size;
  return part;
}

bool is_divisible(const TensorSpan& tensor) {
  const bool dense = !tensor.shape.empty() && tensor.shape[0] > 1 &&
                     tensor.size % tensor.shape[0] == 0 && tensor.role == TensorRole::kValues;
  return dense && tensor.quantisation.scales.size() <= 1 && bits_of(tensor.dtype) >= 8;
}

void add_jobs(const TensorSpan& now, const TensorSpan* old, std::vector<Job>& jobs) {
  const uint64_t elements = elements_of(now.shape).value_or(0);
  const bool matched = old == nullptr || (is_divisible(*old) && old->shape == now.shape);
  if (elements <= kPartElements || !is_divisible(now) || !matched) {
    jobs.push_back({now, old == nullptr ? std::nullopt : std::optional(*old), {}});
    return;
  }
  const uint64_t slice = elements / now.shape[0];
  const uint64_t most = std::max<uint64_t>(kPartElements / slice, 1);
  for (uint64_t first = 0; first < now.shape[0]; first += most) {
    const uint64_t count = std::min(most, now.shape[0] - first);
    Job job{slices_of(now, first, count), std::nullopt, {}};
    if (old != nullptr) job.old = slices_of(*old, first, count);
    jobs.push_back(std::move(job));
  }
}

/// Collects the results in the order of the target.
class Gatherer {
 public:
  void add(Job& job) {
    PlanNote note{job.now.name, dtype_name(job.now.dtype), job.now.offset, job.now.size,
                  job.plan.method};
    plan_.notes.push_back(std::move(note));
    if (job.plan.predicted != nullptr) plan_.predicted.push_back(std::move(job.plan.predicted));
    if (job.plan.ops.empty()) return;
    const uint32_t number = static_cast<uint32_t>(plan_.notes.size());
    for (PlannedOp& op : job.plan.ops) {
      op.tensor = number;
      plan_.tensors.push_back(std::move(op));
    }
    planned_.push_back({job.now.offset, job.now.offset + job.now.size});
    if (job.old) used_.push_back({job.old->offset, job.old->offset + job.old->size});
  }

  DeltaPlan finish(Bytes base, Bytes target) {
    plan_.structure = std::make_shared<StructurePlanner>(base, std::move(used_), target, planned_);
    return std::move(plan_);
  }

 private:
  DeltaPlan plan_;
  std::vector<Span> planned_;
  std::vector<Span> used_;
};

}  // namespace

DeltaPlan plan_delta(Bytes base, const ModelFile& base_model, Bytes target,
                     const ModelFile& target_model, uint8_t profile, Parallel& parallel,
                     const std::atomic<bool>& cancel) {
  const auto matches = match_tensors(base_model, base, target_model, target);
  std::vector<Job> jobs;
  for (size_t i = 0; i < matches.size(); ++i) {
    if (target_model.tensors[i].size < kLeastTensor) continue;
    add_jobs(target_model.tensors[i], matches[i], jobs);
  }
  parallel.for_each(jobs.size(), [&](size_t i) {
    if (cancel.load(std::memory_order_relaxed)) return;
    Job& job = jobs[i];
    job.plan = plan_tensor(base, target, job.old ? &*job.old : nullptr, job.now, profile);
  });
  if (cancel.load(std::memory_order_relaxed)) return {};
  Gatherer gatherer;
  for (Job& job : jobs) gatherer.add(job);
  return gatherer.finish(base, target);
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
