#include "controller/artifact/delta/round_update.h"

#include <algorithm>
#include <cmath>

#include "controller/artifact/delta/counted.h"
#include "controller/artifact/delta/delta_plan.h"
#include "controller/artifact/delta/grid_fit.h"
#include "schemas/protocol/delta/memory.h"

namespace flotilla::controller {
namespace {

using delta::Element;

constexpr uint32_t kLeastWeights = 512;  ///< of a tensor: smaller ones gain nothing
constexpr uint64_t kLeastTogether = 32;  ///< weights that share a step by themselves
constexpr uint64_t kLeastInColumn = 4;
/// One column of so many changes less than the one whose change counts for all.
constexpr uint64_t kQuieter = 16;

double square(double x) {
  return x * x;
}

/// Sums over the weights of a tensor, or of a part of it.
struct Sums {
  double weights = 0;  ///< squares of all three
  double change = 0;
  double error = 0;
  double largest = 0;  ///< error of one weight
  uint64_t count = 0;

  void add(const Sums& other) {
    weights += other.weights;
    change += other.change;
    error += other.error;
    largest = std::max(largest, other.largest);
    count += other.count;
  }
  TensorLoss loss() const {
    const auto root = [](double part, double all) { return all > 0 ? std::sqrt(part / all) : 0; };
    TensorLoss out;
    out.elements = count;
    out.relative_l2 = root(error, weights);
    out.relative_max = root(square(largest) * static_cast<double>(count), weights);
    out.of_change = root(error, change);
    return out;
  }
};

/// Rounds what one operation of the plan makes.
class Rounding {
 public:
  Rounding(Bytes base, MutableBytes target, const PlannedOp& op, const TensorSpan& tensor,
           double step)
      : base_(base),
        target_(target),
        op_(op),
        element_(op.header.typed.predictor.target),
        count_(op.header.length),
        step_(step) {
    const bool is_matrix = tensor.shape.size() >= 2;
    row_ = is_matrix && tensor.shape[0] >= 2
               ? elements_of(tensor.shape).value_or(0) / tensor.shape[0]
               : count_;
    if (row_ < kLeastTogether || row_ > count_) row_ = count_;
    if (is_matrix && row_ == count_ && tensor.shape.back() >= 2) columns_ = tensor.shape.back();
    if (count_ / columns_ < kLeastInColumn) columns_ = 1;
  }

  /// Leaves everything as it is where some weight is no number, or the prediction is exact.
  void run(Sums& sums) {
    if (!load()) return;
    for (uint64_t begin = 0; begin < count_; begin += row_) {
      round(begin, std::min(begin + row_, count_), sums);
    }
  }

 private:
  uint8_t* place(uint64_t i) { return target_.data() + op_.target_offset + i * size_of(element_); }

  bool load() {
    bool changes = false;
    delta::PredictorTerms terms = op_.header.typed.predictor;
    now_.resize(count_);
    change_.resize(count_);
    for (uint32_t i = 0; i < count_; ++i) {
      if (op_.factors) terms.factor = op_.factor(i);
      const uint64_t from = op_.header.base_offset + uint64_t{i} * size_of(terms.base);
      const uint32_t old = delta::load_element(terms.base, base_.data() + from);
      now_[i] = delta::as_float(to_single(element_, delta::load_element(element_, place(i))));
      change_[i] = now_[i] - delta::as_float(predict(terms, old).single);
      if (!std::isfinite(now_[i]) || !std::isfinite(change_[i])) return false;
      changes = changes || change_[i] != 0;
    }
    return changes;
  }

  /// Root mean square of the change; of columns, that of a quiet one. At most that of the weights:
  /// a bad prediction does not coarsen them further.
  double spread(uint64_t begin, uint64_t end) const {
    std::vector<double> squares(columns_);
    double weights = 0;
    for (uint64_t i = begin; i < end; ++i) {
      squares[i % columns_] += square(change_[i]);
      weights += square(now_[i]);
    }
    const auto quiet = squares.begin() + static_cast<int64_t>(columns_ / kQuieter);
    std::nth_element(squares.begin(), quiet, squares.end());
    const double count = static_cast<double>(end - begin);
    return std::sqrt(std::min(*quiet * static_cast<double>(columns_), weights) / count);
  }

  void round(uint64_t begin, uint64_t end, Sums& sums) {
    float largest = 0;
    for (uint64_t i = begin; i < end; ++i) largest = std::max(largest, std::fabs(now_[i]));
    const double step = step_ * spread(begin, end);
    int32_t exponent = largest > 0 ? finest_exponent(largest) : 0;
    if (step > 0) exponent = std::max(exponent, std::ilogb(step));
    exponent = std::min(exponent, delta::kMaxGrid);
    for (uint64_t i = begin; i < end; ++i) {
      const double error = std::fabs(round_one(i, exponent) - double{now_[i]});
      sums.weights += square(now_[i]);
      sums.change += square(change_[i]);
      sums.error += square(error);
      sums.largest = std::max(sums.largest, error);
    }
    sums.count += end - begin;
  }

  /// Stores the nearest multiple of 2^exponent, which the type has: where its own steps are wider,
  /// every number is one. Returns it.
  double round_one(uint64_t i, int32_t exponent) {
    double index = std::nearbyint(std::ldexp(double{now_[i]}, -exponent));
    if (!std::isfinite(value_of(index, exponent))) index -= std::copysign(1.0, index);
    const float value = value_of(index, exponent);
    delta::store_element(element_, delta::from_single(element_, delta::as_bits(value)), place(i));
    return value;
  }
  float value_of(double index, int32_t exponent) const {
    // + 0 turns -0 into 0, which is what a grid has.
    const float value = static_cast<float>(std::ldexp(index, exponent)) + 0.0f;
    return delta::as_float(
        to_single(element_, delta::from_single(element_, delta::as_bits(value))));
  }

  Bytes base_;
  MutableBytes target_;
  const PlannedOp& op_;
  Element element_;
  uint64_t count_;
  double step_;
  uint64_t row_ = 1;
  uint64_t columns_ = 1;
  std::vector<float> now_;
  std::vector<float> change_;
};

/// What the plan says of the rounding: an operation, and the tensor that it makes.
struct Job {
  const PlannedOp* op = nullptr;
  size_t tensor = 0;
  Sums sums;
};

std::vector<Job> jobs_of(const DeltaPlan& plan, const ModelFile& model) {
  std::vector<Job> jobs;
  for (const auto& op : plan.predicted) {
    const Element element = op->header.typed.predictor.target;
    if (!is_float(element)) continue;
    const auto after = std::upper_bound(
        model.tensors.begin(), model.tensors.end(), op->target_offset,
        [](uint64_t offset, const TensorSpan& tensor) { return offset < tensor.offset; });
    const TensorSpan& tensor = *(after - 1);
    if (tensor.size / size_of(element) < kLeastWeights) continue;
    jobs.push_back({op.get(), static_cast<size_t>(after - 1 - model.tensors.begin()), {}});
  }
  return jobs;
}

/// Joins the parts of each tensor; where nothing but the sign of zeros changed, takes it back.
void gather(const std::vector<Job>& jobs, const EncodeInput& input, RoundedUpdate& out) {
  const ModelFile& model = input.target_model;
  Sums whole;
  double largest = 0;
  for (size_t i = 0; i < jobs.size();) {
    const size_t tensor = jobs[i].tensor;
    Sums sums;
    for (; i < jobs.size() && jobs[i].tensor == tensor; ++i) sums.add(jobs[i].sums);
    if (sums.error <= 0) {
      const TensorSpan& span = model.tensors[tensor];
      out.file.replace(span.offset, span.size, as_text(input.target), span.offset, span.size);
      continue;
    }
    TensorLoss loss = sums.loss();
    loss.name = model.tensors[tensor].name;
    loss.type = dtype_name(model.tensors[tensor].dtype);
    largest = std::max(largest, loss.relative_max);
    out.tensors.push_back(std::move(loss));
    whole.add(sums);
  }
  out.whole = whole.loss();
  out.whole.relative_max = largest;
  out.kept = model.tensors.size() - out.tensors.size();
}

Status check_found(const EncodeInput& input, const std::vector<Job>& jobs) {
  if (equal(input.base, input.target)) {
    return {Code::kFailedPrecondition, "the new file is the base itself"};
  }
  if (!jobs.empty()) return ok_status();
  const auto& tensors = input.target_model.tensors;
  const bool has_floats = std::any_of(tensors.begin(), tensors.end(), [](const TensorSpan& tensor) {
    return tensor.dtype == DType::kFloat16 || tensor.dtype == DType::kBfloat16 ||
           tensor.dtype == DType::kFloat32;
  });
  return {Code::kFailedPrecondition,
          has_floats ? "no float tensor of the new file can be predicted from the base"
                     : "no float tensor was found in the new file"};
}

}  // namespace

Status check_step(double step) {
  const bool fits = step >= kLeastStep && step <= kLargestStep;  // false for what is no number
  return fits ? ok_status() : Status(Code::kOutOfRange, "the step is not between 0.001 and 1");
}

Result<RoundedUpdate> round_update(const EncodeInput& input, double step, Parallel& parallel,
                                   const EncodeWatch& watch) {
  FLOTILLA_TRY(check_step(step));
  Counted planning(parallel, watch, "planning the rounding");
  const DeltaPlan plan = plan_delta(input.base, input.base_model, input.target, input.target_model,
                                    delta::kLargeProfile, planning, watch.cancel);
  if (plan.structure == nullptr) return Status(Code::kAborted, "the rounding was cancelled");
  std::vector<Job> jobs = jobs_of(plan, input.target_model);
  FLOTILLA_TRY(check_found(input, jobs));
  RoundedUpdate out;
  out.file = std::string(as_text(input.target));
  const MutableBytes target(reinterpret_cast<uint8_t*>(out.file.data()), out.file.size());
  Counted rounding(parallel, watch, "rounding");
  rounding.for_each(jobs.size(), [&](size_t i) {
    Job& job = jobs[i];
    const TensorSpan& tensor = input.target_model.tensors[job.tensor];
    Rounding(input.base, target, *job.op, tensor, step).run(job.sums);
  });
  if (watch.cancel.load(std::memory_order_relaxed)) {
    return Status(Code::kAborted, "the rounding was cancelled");
  }
  gather(jobs, input, out);
  if (out.tensors.empty()) {
    return Status(Code::kFailedPrecondition, "the rounding changes no weight; take a larger step");
  }
  return out;
}

}  // namespace flotilla::controller
