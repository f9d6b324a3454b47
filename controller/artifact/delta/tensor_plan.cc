#include "controller/artifact/delta/tensor_plan.h"

#include <algorithm>
#include <cmath>

#include "controller/artifact/delta/grid_fit.h"
#include "controller/artifact/delta/op_sampler.h"
#include "controller/artifact/delta/scale_fit.h"
#include "controller/artifact/numbers/number_runs.h"
#include "schemas/protocol/delta/memory.h"

namespace flotilla::controller {
namespace {

using delta::Element;
using delta::Op;
using delta::Predictor;

constexpr uint64_t kLeastElements = 8;  ///< below, an operation of its own costs more
constexpr uint64_t kLeastPerScale = 6;

class Planner {
 public:
  Planner(Bytes base, Bytes target, const TensorSpan* old, const TensorSpan& now, uint8_t profile)
      : base_(base),
        target_(target),
        old_(old),
        now_(now),
        profile_(profile),
        sampler_(base, target, profile),
        element_(element_of(now.dtype)),
        old_element_(old == nullptr ? Element::kNone : element_of(old->dtype)) {}

  TensorPlan run() {
    if (copies())
      return {{byte_op(Op::kCopy, now_.offset, now_.size, old_->offset)}, "copy", 8, {}};
    offer(byte_op(Op::kLiteral, now_.offset, now_.size), "bytes");
    if (old_ != nullptr && old_->size == now_.size) {
      offer(byte_op(Op::kPatch, now_.offset, now_.size, old_->offset), "patched bytes");
    }
    if (element_ != Element::kNone) count_ = now_.size / size_of(element_);
    if (count_ >= kLeastElements) offer_typed();
    if (predicted_cost_ < alone_cost_) best_.predicted = predicted_;
    const bool plain = best_.ops[0].header.kind == Op::kLiteral;
    if (plain) best_.ops.clear();
    if (!plain) settle(best_.ops[0]);
    return std::move(best_);
  }

 private:
  bool copies() const {
    if (old_ == nullptr || old_->size != now_.size) return false;
    return equal(base_.subspan(old_->offset, old_->size), target_.subspan(now_.offset, now_.size));
  }

  bool has_old() const {
    return old_element_ != Element::kNone && old_->size / size_of(old_element_) == count_;
  }

  void offer(PlannedOp op, const char* method) {
    const double cost = sampler_.cost(op);
    const bool is_alone = op.header.base_size() == 0;
    if (is_alone) alone_cost_ = std::min(alone_cost_, cost);
    if (!is_alone && op.header.kind == Op::kTyped && cost < predicted_cost_) {
      predicted_ = std::make_shared<PlannedOp>(op);
      predicted_cost_ = cost;
    }
    if (!best_.ops.empty() && cost >= best_.estimate) return;
    best_.ops = {std::move(op)};
    best_.method = method;
    best_.estimate = cost;
  }

  PlannedOp typed(Predictor predictor, Element base) const {
    PlannedOp op;
    op.target_offset = now_.offset;
    op.header.kind = Op::kTyped;
    op.header.length = static_cast<uint32_t>(count_);
    op.header.base_offset = base == Element::kNone ? 0 : old_->offset;
    delta::PredictorTerms& terms = op.header.typed.predictor;
    terms.predictor = predictor;
    terms.target = element_;
    terms.base = base;
    return op;
  }

  /// False for sparse tensors, whose shape says nothing of the values that are stored.
  bool has_rows() const { return now_.shape.size() >= 2 && elements_of(now_.shape) == count_; }
  /// The tensor's innermost dimension, where it repeats and a decoder can map it.
  uint64_t columns() const {
    if (!has_rows()) return 1;
    const uint64_t last = now_.shape.back();
    return last >= 2 && last < count_ ? last : 1;
  }
  uint64_t row_length() const {
    if (!has_rows() || now_.shape[0] < 2) return count_;
    return count_ / now_.shape[0];
  }

  /// With and without a map of sizes by column.
  void offer_both(PlannedOp op, const char* method) {
    offer(op, method);
    if (columns() == 1 || op.header.typed.by_column()) return;
    op.header.typed.columns = static_cast<uint32_t>(columns());
    offer(std::move(op), method);
  }

  void offer_typed() {
    if (is_float(element_)) offer_both(typed(Predictor::kPlain, Element::kNone), "numbers");
    if (now_.role == TensorRole::kIndices) {
      offer(typed(Predictor::kPrevious, Element::kNone), "ascending");
    }
    if (has_old()) offer_predicted();
    if (is_float(element_)) offer_rounded();
  }

  void offer_predicted() {
    if (is_float(element_)) {
      offer_both(typed(Predictor::kPlain, old_element_),
                 element_ == old_element_ ? "differences" : "converted");
      offer_pruned();
      if (is_float(old_element_)) offer_scaled();
    } else if (is_float(old_element_)) {
      offer_quantised();
    } else if (element_ == old_element_) {
      offer_both(typed(Predictor::kPlain, old_element_), "differences");
    }
  }

  void load() {
    if (!new_values_.empty()) return;
    new_values_.resize(count_);
    old_values_.resize(count_);
    for (uint64_t i = 0; i < count_; ++i) {
      new_values_[i] = value_at(target_, now_, element_, i);
      old_values_[i] = value_at(base_, *old_, old_element_, i);
    }
  }

  static float value_at(Bytes file, const TensorSpan& tensor, Element element, uint64_t i) {
    return finite_value(element, file.data() + tensor.offset + i * size_of(element));
  }

  void offer_scaled() {
    load();
    Layout layout{row_length(), columns()};
    PlannedOp whole = typed(Predictor::kScale, old_element_);
    const Factors one = fit_scales(old_values_, new_values_, layout, ScaleAxis::kWhole);
    whole.header.typed.predictor.factor = one[0];
    offer_both(std::move(whole), "scaled");
    if (row_length() < count_ && row_length() >= kLeastPerScale) {
      offer_factors(Predictor::kRowScale, layout, ScaleAxis::kRow, "scaled rows");
    }
    const bool fits = columns() <= delta::kProfiles[profile_].scales;
    if (columns() > 1 && fits && count_ / columns() >= kLeastPerScale) {
      // A column-wise tensor has rows as long as its columns are many.
      layout.row_length = columns();
      offer_factors(Predictor::kColumnScale, layout, ScaleAxis::kColumn, "scaled columns");
    }
  }

  void offer_factors(Predictor predictor, const Layout& layout, ScaleAxis axis,
                     const char* method) {
    PlannedOp op = typed(predictor, old_element_);
    op.header.typed.row = static_cast<uint32_t>(layout.row_length);
    if (axis == ScaleAxis::kColumn) op.header.typed.row = 1;
    op.header.typed.columns = static_cast<uint32_t>(layout.columns);
    op.factors = std::make_shared<Factors>(fit_scales(old_values_, new_values_, layout, axis));
    offer(std::move(op), method);
  }

  /// Where all numbers are multiples of powers of two: as such, by the best prediction and without.
  void offer_rounded() {
    const bool has_rows = row_length() < count_ && row_length() >= kLeastPerScale;
    const uint64_t row = has_rows ? row_length() : count_;
    if (row > delta::kMaxPeriod) return;
    const Bytes data = target_.subspan(now_.offset, now_.size);
    const auto grids = find_grids(data, element_, row);
    if (grids == nullptr) return;
    PlannedOp predicted = predicted_ == nullptr ? PlannedOp{} : *predicted_;
    for (PlannedOp op : {typed(Predictor::kPlain, Element::kNone), std::move(predicted)}) {
      if (op.header.kind != Op::kTyped) continue;
      delta::TypedTerms& terms = op.header.typed;
      terms.is_rounded = true;
      terms.row = terms.by_row() ? static_cast<uint32_t>(row) : 1;
      op.grids = terms.by_row() ? grids : find_grids(data, element_, count_);
      if (op.grids == nullptr) continue;
      if (!terms.by_column()) terms.columns = 1;
      const bool has_base = terms.predictor.base != Element::kNone;
      offer_both(std::move(op), has_base ? "rounded differences" : "rounded numbers");
    }
  }

  /// Values below the smallest that was kept became zero.
  void offer_pruned() {
    load();
    float threshold = INFINITY;
    uint64_t zeros = 0;
    for (uint64_t i = 0; i < count_; ++i) {
      if (new_values_[i] == 0 && old_values_[i] != 0) ++zeros;
      if (new_values_[i] != 0) threshold = std::min(threshold, std::fabs(old_values_[i]));
    }
    if (zeros < count_ / 16 || !std::isfinite(threshold)) return;
    PlannedOp op = typed(Predictor::kPrune, old_element_);
    op.header.typed.predictor.factor = delta::as_bits(threshold);
    offer(std::move(op), "pruned");
  }

  void offer_quantised() {
    const Quantisation& q = now_.quantisation;
    if (element_ != Element::kInt8 || q.scales.empty()) return;
    const bool is_unsigned = now_.dtype == DType::kUint8;
    const bool by_row = q.scales.size() > 1;
    const bool fits = has_rows() && q.axis == 0 && q.scales.size() == now_.shape[0];
    if (by_row && !fits) return;
    PlannedOp op = typed(by_row ? Predictor::kRowQuantise : Predictor::kQuantise, old_element_);
    delta::PredictorTerms& terms = op.header.typed.predictor;
    if (is_unsigned) terms.target = Element::kUnsigned;
    terms.factor = delta::as_bits(static_cast<float>(q.scales[0]));
    terms.offset = delta::as_bits(static_cast<float>(q.minimum));
    const int64_t zero = q.zero_points.empty() ? 0 : q.zero_points[0];
    terms.zero_point = static_cast<int32_t>(std::clamp<int64_t>(zero, -128, 255));
    if (by_row) {
      op.header.typed.row = static_cast<uint32_t>(row_length());
      Factors steps;
      for (const double scale : q.scales) {
        steps.push_back(delta::as_bits(static_cast<float>(scale)));
      }
      op.factors = std::make_shared<Factors>(std::move(steps));
    }
    offer(std::move(op), "quantised");
  }

  /// Numbers that all equal their predictions need no differences.
  void settle(PlannedOp& op) const {
    if (op.header.kind == Op::kTyped && sampler_.is_exact(op)) op.header.kind = Op::kCast;
  }

  Bytes base_;
  Bytes target_;
  const TensorSpan* old_;
  const TensorSpan& now_;
  uint8_t profile_;
  OpSampler sampler_;
  Element element_;
  Element old_element_;
  uint64_t count_ = 0;
  std::vector<float> old_values_;
  std::vector<float> new_values_;
  TensorPlan best_;
  std::shared_ptr<const PlannedOp> predicted_;  ///< the cheapest that reads the base by number
  double predicted_cost_ = INFINITY;
  double alone_cost_ = INFINITY;  ///< of the cheapest without the base
};

}  // namespace

delta::Element element_of(DType dtype) {
  switch (dtype) {
    case DType::kInt8:
    case DType::kUint8:
    case DType::kBool:
      return Element::kInt8;
    case DType::kInt16:
    case DType::kUint16:
      return Element::kInt16;
    case DType::kInt32:
    case DType::kUint32:
      return Element::kInt32;
    case DType::kFloat16:
      return Element::kHalf;
    case DType::kBfloat16:
      return Element::kBrain;
    case DType::kFloat32:
      return Element::kSingle;
    case DType::kUnknown:
    case DType::kInt4:
    case DType::kInt64:
    case DType::kUint64:
    case DType::kFloat64:
    case DType::kBlock:
      return Element::kNone;
  }
  return Element::kNone;
}

TensorPlan plan_tensor(Bytes base, Bytes target, const TensorSpan* old, const TensorSpan& now,
                       uint8_t profile) {
  return Planner(base, target, old, now, profile).run();
}

}  // namespace flotilla::controller
