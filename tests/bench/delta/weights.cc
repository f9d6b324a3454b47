#include "tests/bench/delta/weights.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace flotilla::bench {
namespace {

static_assert(std::endian::native == std::endian::little, "model files are read in place");

using File = std::span<const uint8_t>;

template <typename T>
T load(File file, size_t at) {
  if (at > file.size() || file.size() - at < sizeof(T)) throw std::runtime_error("model file ends");
  T value;
  std::memcpy(&value, file.data() + at, sizeof(T));
  return value;
}

size_t elements(const std::vector<uint32_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), size_t{1}, std::multiplies<>());
}

// ---- TFLite: a FlatBuffer, walked by hand over the few fields that matter

/// A vector of 4-byte items (scalars, or offsets to tables), or of bytes.
struct Vector {
  File file;
  size_t start = 0;
  uint32_t size = 0;

  template <typename T>
  T at(uint32_t i) const {
    return load<T>(file, start + size_t{i} * sizeof(T));
  }
};

struct Table {
  File file;
  size_t start = 0;

  /// 0 when the table does not have the field.
  size_t field(uint32_t index) const {
    const size_t vtable = start - static_cast<size_t>(load<int32_t>(file, start));
    const size_t slot = 4 + size_t{index} * 2;
    if (slot >= load<uint16_t>(file, vtable)) return 0;
    const uint16_t offset = load<uint16_t>(file, vtable + slot);
    return offset == 0 ? 0 : start + offset;
  }
  template <typename T>
  T scalar(uint32_t index) const {
    const size_t at = field(index);
    return at == 0 ? T{} : load<T>(file, at);
  }
  Vector vector(uint32_t index) const {
    const size_t at = field(index);
    if (at == 0) return {file};
    const size_t start_of = at + load<uint32_t>(file, at);
    return {file, start_of + 4, load<uint32_t>(file, start_of)};
  }
};

Table table_at(const Vector& tables, uint32_t i) {
  const size_t at = tables.start + size_t{i} * 4;
  return {tables.file, at + load<uint32_t>(tables.file, at)};
}

// Field numbers of the TFLite schema (tensorflow/lite/schema/schema.fbs, version 3).
constexpr uint32_t kModelSubgraphs = 2, kModelBuffers = 4;
constexpr uint32_t kSubgraphTensors = 0, kSubgraphOperators = 3;
constexpr uint32_t kTensorShape = 0, kTensorType = 1, kTensorBuffer = 2, kTensorName = 3;
constexpr uint32_t kOperatorInputs = 1, kOperatorOutputs = 2, kBufferData = 0;

std::vector<uint32_t> items(const Vector& vector) {
  std::vector<uint32_t> values;
  for (uint32_t i = 0; i < vector.size; ++i) values.push_back(vector.at<uint32_t>(i));
  return values;
}

/// Per tensor: the first operator that mixes it with data. An operator all of whose inputs are
/// constants (a cast to fp32) passes its inputs' claim on to its output.
std::vector<size_t> first_uses(const Table& subgraph, std::vector<bool> constant) {
  constexpr size_t kNever = std::numeric_limits<size_t>::max();
  std::vector<size_t> use(constant.size(), kNever);
  std::vector<std::vector<uint32_t>> sources(constant.size());
  const Vector operators = subgraph.vector(kSubgraphOperators);
  for (uint32_t i = 0; i < operators.size; ++i) {
    std::vector<uint32_t> inputs = items(table_at(operators, i).vector(kOperatorInputs));
    std::erase_if(inputs, [&](uint32_t t) { return t >= constant.size(); });
    const bool folds =
        std::all_of(inputs.begin(), inputs.end(), [&](uint32_t t) { return constant[t]; });
    if (folds) {
      for (uint32_t output : items(table_at(operators, i).vector(kOperatorOutputs))) {
        constant.at(output) = true;
        sources.at(output) = inputs;
      }
      continue;
    }
    for (uint32_t input : inputs) {
      if (!constant[input]) continue;
      use[input] = std::min<size_t>(use[input], i);
      for (uint32_t source : sources[input]) use[source] = std::min<size_t>(use[source], i);
    }
  }
  return use;
}

Weights tflite_tensor(const Table& tensor, const Vector& data) {
  Weights weights;
  const Vector name = tensor.vector(kTensorName);
  for (uint32_t i = 0; i < name.size; ++i) weights.name.push_back(name.at<char>(i));
  weights.shape = items(tensor.vector(kTensorShape));
  weights.element =
      tensor.scalar<uint8_t>(kTensorType) == 1 ? Element::kFloat16 : Element::kFloat32;
  weights.offset = data.start;
  weights.count = elements(weights.shape);
  return weights;
}

// ---- ONNX: protocol buffers, walked by hand

struct Field {
  uint32_t number = 0;
  uint64_t value = 0;  ///< of a varint
  File bytes;          ///< of a length-delimited field
};

/// Calls `visit` for each field of the message.
void for_each_field(File message, const std::function<void(const Field&)>& visit) {
  size_t at = 0;
  const auto varint = [&] {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = load<uint8_t>(message, at++);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80u) break;
    }
    return value;
  };
  while (at < message.size()) {
    const uint64_t key = varint();
    Field field{static_cast<uint32_t>(key >> 3), 0, {}};
    const unsigned wire_type = key & 7u;
    if (wire_type == 0) {
      field.value = varint();
    } else {
      const uint64_t size = wire_type == 1 ? 8 : wire_type == 5 ? 4 : varint();
      if (size > message.size() - at) throw std::runtime_error("model file ends");
      field.bytes = message.subspan(at, size);
      at += size;
    }
    visit(field);
  }
}

// Field numbers of onnx/onnx.proto3.
constexpr uint32_t kModelGraph = 7, kGraphInitializer = 5;
constexpr uint32_t kDims = 1, kDataType = 2, kName = 8, kRawData = 9;
constexpr uint64_t kOnnxUint8 = 2;

void add_initializer(File file, File message, std::vector<Weights>& found) {
  Weights weights;
  weights.element = Element::kUint8;
  uint64_t type = 0;
  for_each_field(message, [&](const Field& field) {
    if (field.number == kDims && field.bytes.empty())
      weights.shape.push_back(static_cast<uint32_t>(field.value));
    if (field.number == kDims && !field.bytes.empty())
      for (size_t i = 0; i < field.bytes.size(); ++i)
        throw std::runtime_error("packed dimensions are not read");
    if (field.number == kDataType) type = field.value;
    if (field.number == kName) weights.name.assign(field.bytes.begin(), field.bytes.end());
    if (field.number != kRawData) return;
    weights.offset = static_cast<size_t>(field.bytes.data() - file.data());
    weights.count = field.bytes.size();
  });
  if (type == kOnnxUint8 && weights.count > 0) found.push_back(std::move(weights));
}

}  // namespace

size_t Weights::bytes() const {
  return count * (element == Element::kFloat32 ? 4 : element == Element::kFloat16 ? 2 : 1);
}

std::vector<Weights> tflite_weights(std::span<const uint8_t> file) {
  const Table model{file, load<uint32_t>(file, 0)};
  const Vector buffers = model.vector(kModelBuffers);
  const Table subgraph = table_at(model.vector(kModelSubgraphs), 0);
  const Vector tensors = subgraph.vector(kSubgraphTensors);
  const auto data_of = [&](uint32_t tensor) {
    const uint32_t buffer = table_at(tensors, tensor).scalar<uint32_t>(kTensorBuffer);
    return buffer < buffers.size ? table_at(buffers, buffer).vector(kBufferData) : Vector{file};
  };
  std::vector<bool> constant;
  for (uint32_t i = 0; i < tensors.size; ++i) constant.push_back(data_of(i).size > 0);
  const std::vector<size_t> uses = first_uses(subgraph, constant);

  std::vector<Weights> found;
  for (uint32_t i = 0; i < tensors.size; ++i) {
    if (!constant[i] || table_at(tensors, i).scalar<uint8_t>(kTensorType) > 1) continue;
    Weights weights = tflite_tensor(table_at(tensors, i), data_of(i));
    weights.first_use = uses[i];
    if (weights.bytes() != data_of(i).size) throw std::runtime_error(weights.name + ": odd size");
    found.push_back(std::move(weights));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Weights& a, const Weights& b) { return a.first_use < b.first_use; });
  return found;
}

std::vector<Weights> onnx_weights(std::span<const uint8_t> file) {
  std::vector<Weights> found;
  for_each_field(file, [&](const Field& graph) {
    if (graph.number != kModelGraph) return;
    for_each_field(graph.bytes, [&](const Field& field) {
      if (field.number == kGraphInitializer) add_initializer(file, field.bytes, found);
    });
  });
  return found;
}

}  // namespace flotilla::bench
