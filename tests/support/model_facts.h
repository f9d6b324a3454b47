#pragma once

#include "controller/artifact/inspect/model_facts.h"

namespace flotilla::controller::test {

/// What ModelFacts promises of any file: parts are no more than the whole, lists bounded.
inline bool facts_fit(const ModelFacts& facts) {
  const WeightFacts& weights = facts.weights;
  if (weights.zeros > weights.counted || weights.counted > weights.elements) return false;
  if (weights.tensors > facts.tensor_count || weights.elements > facts.parameters) return false;
  if (facts.tensors.size() > kMaxListedTensors) return false;
  uint64_t tensors = 0;
  for (const auto& [name, total] : facts.dtypes) tensors += total.tensors;
  if (tensors != facts.tensor_count) return false;
  for (const TensorFacts& tensor : facts.tensors) {
    if (tensor.name.size() > kMaxListedName + 3) return false;
    if (tensor.zeros && *tensor.zeros > tensor.elements) return false;
  }
  if (!facts.graph) return true;
  return facts.graph->operators.size() <= kMaxListedOperators + 1 &&
         facts.graph->inputs.size() <= kMaxListedValues &&
         facts.graph->outputs.size() <= kMaxListedValues;
}

}  // namespace flotilla::controller::test
