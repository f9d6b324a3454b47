#include "controller/artifact/delta/op_sampler.h"

#include <algorithm>

#include "controller/artifact/delta/cost_coder.h"
#include "controller/artifact/delta/op_coder.h"

namespace flotilla::controller {
namespace {

/// One sample is as long as a chunk, so that learning costs as much as it will.
constexpr uint64_t kSample = 16 * 1024;
constexpr uint64_t kSamples = 2;

}  // namespace

OpSampler::OpSampler(Bytes base, Bytes target, uint8_t profile)
    : base_(base),
      target_(target),
      words_(delta::model_size(profile) / 8),
      model_(
          delta::place(profile, {reinterpret_cast<uint8_t*>(words_.data()), words_.size() * 8})) {}

double OpSampler::cost(const PlannedOp& op) {
  const uint64_t size = op.size();
  if (size <= kSample * kSamples) return cost_of_part(op);
  double cost = 0;
  for (uint64_t i = 0; i < kSamples; ++i) {
    const uint64_t begin = op.target_offset + (size - kSample) * (2 * i + 1) / (2 * kSamples);
    for (const PlannedOp& part : slice(op, begin, begin + kSample)) cost += cost_of_part(part);
  }
  return cost * static_cast<double>(size) / (kSample * kSamples);
}

double OpSampler::cost_of_part(const PlannedOp& part) {
  model_.reset();
  CostCoder coder;
  OpCoderState state;
  state.syntax.cursor = part.target_offset;
  OpCoder<CostCoder> ops(base_, target_, coder, model_, state, part.target_offset);
  ops.code(part, [](uint64_t) { return true; });
  return coder.bytes();
}

bool OpSampler::is_exact(const PlannedOp& op) const {
  const delta::TypedTerms& typed = op.header.typed;
  const uint32_t width = size_of(typed.predictor.target);
  delta::PredictorTerms terms = typed.predictor;
  for (uint32_t i = 0; i < op.header.length; ++i) {
    if (op.factors) terms.factor = op.factor(i);
    uint32_t old = 0;
    if (terms.base != delta::Element::kNone) {
      old = load_element(terms.base,
                         base_.data() + op.header.base_offset + uint64_t{i} * size_of(terms.base));
    }
    const uint8_t* const now = target_.data() + op.target_offset + uint64_t{i} * width;
    const delta::Prediction guess = predict(terms, old);
    uint32_t value = guess.value;
    if (typed.is_rounded) {
      const int32_t grid = op.grid(i);
      value = delta::from_grid(terms.target, delta::on_grid(guess.single, grid).value, grid);
    }
    if (value != load_element(terms.target, now)) return false;
  }
  return true;
}

}  // namespace flotilla::controller
