#include "controller/artifact/delta/delta_plan.h"

#include <algorithm>

#include "controller/artifact/delta/byte_likeness.h"
#include "controller/artifact/delta/tensor_cut.h"
#include "controller/artifact/delta/tensor_match.h"
#include "controller/artifact/delta/tensor_plan.h"

namespace flotilla::controller {
namespace {

constexpr uint64_t kLeastTensor = 64;  ///< smaller ones are planned with the bytes around them
/// Larger tensors are planned in parts, which bounds the memory of the fits.
constexpr uint64_t kPartElements = uint64_t{4} << 20;

/// A pair of which a part at least may have moved rather than changed is planned in so many parts.
constexpr uint64_t kMovedParts = 16;
constexpr double kLeastMoved = 0.05;     ///< share of its bytes
constexpr uint64_t kWorthSearching = 8;  ///< plans above an eighth of the tensor's bytes

constexpr uint64_t kLeastSearched = 8 * 1024;
constexpr double kPartCost = 24;  ///< bytes that one more operation and its learning cost

struct Job {
  TensorPair pair;
  TensorPlan plan;
  bool moved = false;  ///< left to the planner of bytes, which finds it in the base
};

std::vector<Job> jobs_of(std::vector<TensorPair> pairs) {
  std::vector<Job> jobs;
  for (TensorPair& pair : pairs) jobs.push_back({std::move(pair), {}, false});
  return jobs;
}

/// Collects the results in the order of the target.
class Gatherer {
 public:
  void add(Job& job) {
    const Span place = span_of(job.pair.now);
    const double coded = job.plan.ops.empty() ? 0 : job.plan.estimate;
    plan_.notes.push_back({place, job.plan.method, coded});
    if (job.plan.predicted != nullptr) plan_.predicted.push_back(std::move(job.plan.predicted));
    any_moved_ = any_moved_ || job.moved;
    if (job.plan.ops.empty()) return;
    for (PlannedOp& op : job.plan.ops) plan_.tensors.push_back(std::move(op));
    planned_.push_back(place);
    if (job.pair.old) used_.push_back(span_of(*job.pair.old));
  }

  DeltaPlan finish(Bytes base, Bytes target) {
    if (any_moved_) used_.clear();  // what moved may have moved from anywhere
    plan_.structure = std::make_shared<StructurePlanner>(base, std::move(used_), target, planned_);
    return std::move(plan_);
  }

 private:
  static Span span_of(const TensorSpan& tensor) {
    return {tensor.offset, tensor.offset + tensor.size};
  }

  DeltaPlan plan_;
  std::vector<Span> planned_;
  std::vector<Span> used_;
  bool any_moved_ = false;
};

/// Plans pairs of tensors, several at a time.
class TensorPlanner {
 public:
  TensorPlanner(Bytes base, Bytes target, uint8_t profile, Parallel& parallel,
                const std::atomic<bool>& cancel)
      : base_(base), target_(target), profile_(profile), parallel_(parallel), cancel_(cancel) {}

  /// Each pair by number. What has not only changed but moved is planned again, in smaller parts,
  /// of which some are left to the planner of bytes.
  std::vector<Job> run(std::vector<TensorPair> pairs) {
    std::vector<Job> jobs = jobs_of(std::move(pairs));
    plan(jobs);
    const bool any = std::any_of(jobs.begin(), jobs.end(), is_worth_searching);
    if (base_.empty() || !any) return jobs;
    const ByteLikeness likeness(base_);
    std::vector<std::vector<Job>> parts(jobs.size());
    for_each(jobs.size(), [&](size_t i) {
      if (is_worth_searching(jobs[i]) && moved(likeness, jobs[i]) >= kLeastMoved) {
        parts[i] = replan(likeness, jobs[i]);
      }
    });
    std::vector<Job> out;
    for (size_t i = 0; i < jobs.size(); ++i) {
      if (parts[i].empty()) parts[i].push_back(std::move(jobs[i]));
      for (Job& part : parts[i]) out.push_back(std::move(part));
    }
    return out;
  }

 private:
  static bool is_worth_searching(const Job& job) {
    const uint64_t size = job.pair.now.size;
    const double least = static_cast<double>(size) / kWorthSearching;
    return size >= kLeastSearched && !job.plan.ops.empty() && job.plan.estimate > least;
  }

  template <class Each>
  void for_each(size_t count, Each&& each) {
    parallel_.for_each(count, [&](size_t i) {
      if (!cancel_.load(std::memory_order_relaxed)) each(i);
    });
  }

  void plan_one(Job& job) const {
    const TensorPair& pair = job.pair;
    job.plan = plan_tensor(base_, target_, pair.old ? &*pair.old : nullptr, pair.now, profile_);
  }
  void plan(std::vector<Job>& jobs) {
    for_each(jobs.size(), [&](size_t i) { plan_one(jobs[i]); });
  }

  double moved(const ByteLikeness& likeness, const Job& job) const {
    return likeness.share(target_, job.pair.now.offset, job.pair.now.size);
  }

  /// The parts of `whole`, or nothing when they would not be cheaper.
  std::vector<Job> replan(const ByteLikeness& likeness, const Job& whole) const {
    const TensorPair& pair = whole.pair;
    const uint64_t elements = elements_of(pair.now.shape).value_or(0);
    const TensorSpan* const old = pair.old ? &*pair.old : nullptr;
    std::vector<Job> jobs = jobs_of(cut_pair(pair.now, old, elements / kMovedParts + 1));
    double cost = 0;
    for (Job& job : jobs) {
      if (cancel_.load(std::memory_order_relaxed)) return {};
      plan_one(job);
      const double size = static_cast<double>(job.pair.now.size);
      const double as_bytes = (1 - moved(likeness, job)) * size;
      const double planned = job.plan.ops.empty() ? size : job.plan.estimate;
      job.moved = as_bytes < planned;
      if (job.moved) job.plan = {{}, "moved bytes", 0, {}};
      cost += std::min(as_bytes, planned) + kPartCost;
    }
    return cost < whole.plan.estimate ? std::move(jobs) : std::vector<Job>();
  }

  Bytes base_;
  Bytes target_;
  uint8_t profile_;
  Parallel& parallel_;
  const std::atomic<bool>& cancel_;
};

}  // namespace

DeltaPlan plan_delta(Bytes base, const ModelFile& base_model, Bytes target,
                     const ModelFile& target_model, uint8_t profile, Parallel& parallel,
                     const std::atomic<bool>& cancel) {
  const auto matches = match_tensors(base_model, base, target_model, target);
  std::vector<TensorPair> pairs;
  for (size_t i = 0; i < matches.size(); ++i) {
    if (target_model.tensors[i].size < kLeastTensor) continue;
    for (TensorPair& part : cut_pair(target_model.tensors[i], matches[i], kPartElements)) {
      pairs.push_back(std::move(part));
    }
  }
  std::vector<Job> jobs =
      TensorPlanner(base, target, profile, parallel, cancel).run(std::move(pairs));
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

uint64_t DeltaPlan::expected_end(uint64_t begin, uint64_t end, uint64_t budget,
                                 double density) const {
  double left = static_cast<double>(budget);
  uint64_t at = begin;
  auto note = std::upper_bound(
      notes.begin(), notes.end(), begin,
      [](uint64_t offset, const PlanNote& candidate) { return offset < candidate.place.end; });
  for (; note != notes.end() && note->place.begin < end; ++note) {
    if (note->coded == 0) continue;
    const uint64_t start = std::max(at, note->place.begin);
    const double before = static_cast<double>(start - at) * density;
    const double size = static_cast<double>(note->place.end - note->place.begin);
    const double here = note->coded * static_cast<double>(note->place.end - start) / size;
    if (before >= left) break;
    if (before + here >= left) {
      return start + static_cast<uint64_t>((left - before) / note->coded * size);
    }
    left -= before + here;
    at = note->place.end;
  }
  return at + static_cast<uint64_t>(left / density);
}

}  // namespace flotilla::controller
