#include "controller/api/facts_view.h"

#include <algorithm>
#include <cmath>

#include "controller/api/views.h"

namespace flotilla::controller::api {

namespace {

/// Six digits behind the point.
double share(uint64_t part, uint64_t whole) {
  return std::round(1e6 * static_cast<double>(part) / static_cast<double>(whole)) / 1e6;
}

Json value_json(const GraphValue& value) {
  Json shape = value.has_shape ? Json::array() : Json();
  for (const int64_t length : value.shape) shape.push_back(length < 0 ? Json() : Json(length));
  return {{"name", value.name}, {"dtype", dtype_name(value.dtype)}, {"shape", std::move(shape)}};
}

Json values_json(const std::vector<GraphValue>& values) {
  Json out = Json::array();
  for (const GraphValue& value : values) out.push_back(value_json(value));
  return out;
}

Json dtypes_json(const std::map<std::string, DTypeTotal>& dtypes) {
  Json out = Json::object();
  for (const auto& [name, total] : dtypes) {
    out[name] = {{"tensors", total.tensors}, {"elements", total.elements}, {"bytes", total.bytes}};
  }
  return out;
}

Json tensor_json(const TensorFacts& tensor) {
  const bool is_scaled =
      tensor.scheme == QuantScheme::kPerTensor || tensor.scheme == QuantScheme::kPerChannel;
  const bool is_counted = tensor.zeros && tensor.elements != 0;
  return {{"name", tensor.name},
          {"dtype", tensor.dtype},
          {"role", tensor.role == TensorRole::kIndices ? "indices" : "values"},
          {"shape", tensor.shape},
          {"bytes", tensor.bytes},
          {"elements", tensor.elements},
          {"weight", tensor.is_weight},
          {"sparsity", is_counted ? Json(share(*tensor.zeros, tensor.elements)) : Json()},
          {"quantisation", scheme_name(tensor.scheme)},
          {"symmetric", is_scaled ? Json(tensor.is_symmetric) : Json()}};
}

bool is_scaled(const WeightFacts& weights) {
  return weights.schemes.contains(QuantScheme::kPerTensor) ||
         weights.schemes.contains(QuantScheme::kPerChannel);
}

Json weights_json(const WeightFacts& weights) {
  Json schemes = Json::object();
  for (const auto& [scheme, tensors] : weights.schemes) schemes[scheme_name(scheme)] = tensors;
  return {{"tensors", weights.tensors},
          {"elements", weights.elements},
          {"dtype", weights.tensors == 0 ? Json() : Json(weights.dtype)},
          {"dtypes", dtypes_json(weights.dtypes)},
          {"zeros", weights.zeros},
          {"sparsity", weights.counted == 0 ? Json() : Json(share(weights.zeros, weights.counted))},
          {"quantisation", weights.tensors == 0 ? Json() : Json(scheme_name(weights.scheme))},
          {"symmetric", is_scaled(weights) ? Json(weights.is_symmetric) : Json()},
          {"schemes", std::move(schemes)}};
}

const char* format_of(const ModelFacts& facts) {
  return facts.format == ModelFormat::kUnknown ? kind_name(facts.kind) : format_name(facts.format);
}

}  // namespace

Json facts_json(const ModelFacts& facts) {
  Json tensors = Json::array();
  for (const TensorFacts& tensor : facts.tensors) tensors.push_back(tensor_json(tensor));
  const auto& graph = facts.graph;
  return {{"inspection", kInspection},
          {"format", format_of(facts)},
          {"bytes", facts.size},
          {"parameters", facts.parameters},
          {"weights", weights_json(facts.weights)},
          {"dtypes", dtypes_json(facts.dtypes)},
          {"operators", graph ? Json(graph->operators) : Json()},
          {"inputs", graph ? values_json(graph->inputs) : Json()},
          {"outputs", graph ? values_json(graph->outputs) : Json()},
          {"tensors", std::move(tensors)},
          {"tensor_count", facts.tensor_count},
          {"notes", facts.notes}};
}

ImageFacts summary_of(const ModelFacts& facts) {
  const WeightFacts& weights = facts.weights;
  ImageFacts out;
  out.inspection = kInspection;
  out.format = format_of(facts);
  out.parameters = facts.parameters;
  out.dtype = weights.dtype;
  out.weight_tensors = weights.tensors;
  out.weights = weights.elements;
  out.is_sparsity_known = weights.counted != 0;
  if (out.is_sparsity_known) {
    out.sparsity_ppm =
        static_cast<uint32_t>(std::lround(share(weights.zeros, weights.counted) * 1e6));
  }
  if (weights.tensors != 0) out.quantisation = scheme_name(weights.scheme);
  out.is_symmetric = is_scaled(weights) && weights.is_symmetric;
  if (facts.graph) {
    for (const auto& [name, count] : facts.graph->operators) out.operators.push_back({name, count});
  }
  return out;
}

Json summary_json(const ImageFacts& facts) {
  if (facts.inspection == 0) return {};
  Json operators = Json::object();
  for (const OperatorCount& entry : facts.operators) operators[entry.name] = entry.count;
  const bool has_weights = facts.weight_tensors != 0;
  return {{"inspection", facts.inspection},
          {"format", facts.format},
          {"parameters", facts.parameters},
          {"weight_tensors", facts.weight_tensors},
          {"weights", facts.weights},
          {"dtype", has_weights ? Json(facts.dtype) : Json()},
          {"sparsity", facts.is_sparsity_known ? Json(facts.sparsity_ppm / 1e6) : Json()},
          {"quantisation", has_weights ? Json(facts.quantisation) : Json()},
          {"symmetric", facts.is_symmetric},
          {"operators", std::move(operators)},
          {"inventory_digest", digest_json(facts.inventory)}};
}

}  // namespace flotilla::controller::api
