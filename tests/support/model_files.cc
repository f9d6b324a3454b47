#include "tests/support/model_files.h"

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <bit>

namespace flotilla::controller::test {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;
using Table = flatbuffers::Offset<flatbuffers::Table>;

template <typename T>
void offset_field(Builder& builder, unsigned id, flatbuffers::Offset<T> offset) {
  if (!offset.IsNull()) {
    builder.AddOffset(flatbuffers::FieldIndexToOffset(static_cast<flatbuffers::voffset_t>(id)),
                      offset);
  }
}

template <typename T>
void number_field(Builder& builder, unsigned id, T value) {
  builder.AddElement<T>(flatbuffers::FieldIndexToOffset(static_cast<flatbuffers::voffset_t>(id)),
                        value, T{});
}

Table quantisation(Builder& builder, const TfliteTensor& tensor) {
  if (tensor.scales.empty()) return {};
  const auto scales = builder.CreateVector(tensor.scales);
  const auto zeros = builder.CreateVector(tensor.zero_points);
  const auto start = builder.StartTable();
  offset_field(builder, 2, scales);
  offset_field(builder, 3, zeros);
  number_field<int32_t>(builder, 6, tensor.axis);
  return builder.EndTable(start);
}

Table sparsity(Builder& builder, const TfliteTensor& tensor) {
  if (tensor.sparse_indices.empty()) return {};
  const auto values = builder.CreateVector(tensor.sparse_indices);
  auto start = builder.StartTable();
  offset_field(builder, 0, values);
  const Table indices = builder.EndTable(start);
  start = builder.StartTable();
  number_field<uint8_t>(builder, 4, 3);  // Uint8Vector
  offset_field(builder, 5, indices);
  const std::vector<Table> dimensions = {Table(builder.EndTable(start))};
  const auto list = builder.CreateVector(dimensions);
  start = builder.StartTable();
  offset_field(builder, 2, list);
  return builder.EndTable(start);
}

Table tensor_table(Builder& builder, const TfliteTensor& tensor) {
  const auto name = builder.CreateString(tensor.name);
  const auto shape = builder.CreateVector(tensor.shape);
  const Table scales = quantisation(builder, tensor);
  const Table sparse = sparsity(builder, tensor);
  flatbuffers::Offset<flatbuffers::Vector<int32_t>> signature;
  if (!tensor.signature.empty()) signature = builder.CreateVector(tensor.signature);
  const auto start = builder.StartTable();
  offset_field(builder, 0, shape);
  number_field<int8_t>(builder, 1, tensor.type);
  number_field<uint32_t>(builder, 2, tensor.buffer);
  offset_field(builder, 3, name);
  offset_field(builder, 4, scales);
  offset_field(builder, 6, sparse);
  offset_field(builder, 7, signature);
  return builder.EndTable(start);
}

Table buffer_table(Builder& builder, const TfliteBuffer& buffer) {
  flatbuffers::Offset<flatbuffers::Vector<uint8_t>> data;
  if (!buffer.data.empty()) {
    data = builder.CreateVector(reinterpret_cast<const uint8_t*>(buffer.data.data()),
                                buffer.data.size());
  }
  const auto start = builder.StartTable();
  offset_field(builder, 0, data);
  number_field<uint64_t>(builder, 1, buffer.offset);
  number_field<uint64_t>(builder, 2, buffer.size);
  return builder.EndTable(start);
}

Table subgraph_table(Builder& builder, const TfliteModel& model) {
  std::vector<Table> tensors;
  for (const TfliteTensor& tensor : model.tensors) {
    tensors.insert(tensors.end(), model.tensor_repeats, tensor_table(builder, tensor));
  }
  const auto list = builder.CreateVector(tensors);
  std::vector<Table> operators;
  for (uint32_t i = 0; i < model.operators.size(); ++i) {
    const auto start = builder.StartTable();
    builder.AddElement<uint32_t>(flatbuffers::FieldIndexToOffset(0), i, UINT32_MAX);
    operators.push_back(Table(builder.EndTable(start)));
  }
  const auto operator_list = builder.CreateVector(operators);
  const auto inputs = builder.CreateVector(model.inputs);
  const auto outputs = builder.CreateVector(model.outputs);
  const auto start = builder.StartTable();
  offset_field(builder, 0, list);
  offset_field(builder, 1, inputs);
  offset_field(builder, 2, outputs);
  offset_field(builder, 3, operator_list);
  return builder.EndTable(start);
}

Table code_table(Builder& builder, const TfliteOperator& op) {
  const auto custom = builder.CreateString(op.custom);
  const auto start = builder.StartTable();
  number_field<int8_t>(builder, 0, static_cast<int8_t>(std::min(op.code, 127)));
  if (!op.custom.empty()) offset_field(builder, 1, custom);
  number_field<int32_t>(builder, 3, op.code);
  return builder.EndTable(start);
}

}  // namespace

std::string tflite_file(const TfliteModel& model) {
  Builder builder;
  std::vector<Table> buffers;
  for (const TfliteBuffer& buffer : model.buffers) {
    const bool again = model.shares_buffers && buffers.size() > 1;
    buffers.push_back(again ? buffers[1] : buffer_table(builder, buffer));
  }
  const auto buffer_list = builder.CreateVector(buffers);
  const std::vector<Table> graphs(model.subgraphs, subgraph_table(builder, model));
  const auto graph_list = builder.CreateVector(graphs);
  std::vector<Table> codes;
  if (model.has_operator_codes) {
    for (const TfliteOperator& op : model.operators) codes.push_back(code_table(builder, op));
  }
  const auto code_list = builder.CreateVector(codes);
  const auto start = builder.StartTable();
  number_field<uint32_t>(builder, 0, 3);
  offset_field(builder, 1, code_list);
  offset_field(builder, 2, graph_list);
  offset_field(builder, 4, buffer_list);
  builder.Finish(Table(builder.EndTable(start)), "TFL3");
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

std::string proto_varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}

std::string proto_number(uint32_t field, uint64_t value) {
  return proto_varint(uint64_t{field} << 3) + proto_varint(value);
}

std::string proto_bytes(uint32_t field, std::string_view content) {
  return proto_varint(uint64_t{field} << 3 | 2) + proto_varint(content.size()) +
         std::string(content);
}

std::string onnx_tensor(std::string_view name, int data_type, const std::vector<uint64_t>& dims,
                        std::string_view raw) {
  std::string out;
  for (const uint64_t length : dims) out += proto_number(1, length);
  out += proto_number(2, static_cast<uint64_t>(data_type)) + proto_bytes(8, name);
  return out + proto_bytes(9, raw);
}

std::string onnx_node(std::string_view op_type, const std::vector<std::string>& inputs,
                      std::string_view output, const std::vector<std::string>& attributes) {
  std::string out;
  for (const std::string& input : inputs) out += proto_bytes(1, input);
  out += proto_bytes(2, output) + proto_bytes(4, op_type);
  for (const std::string& attribute : attributes) out += proto_bytes(5, attribute);
  return out;
}

std::string onnx_value(std::string_view name, int data_type, const std::vector<int64_t>& dims) {
  std::string shape;
  for (const int64_t length : dims) {
    shape += proto_bytes(
        1, length < 0 ? proto_bytes(2, "n") : proto_number(1, static_cast<uint64_t>(length)));
  }
  const std::string tensor =
      proto_number(1, static_cast<uint64_t>(data_type)) + proto_bytes(2, shape);
  return proto_bytes(1, name) + proto_bytes(2, proto_bytes(1, tensor));
}

std::string onnx_graph(const std::vector<std::string>& nodes,
                       const std::vector<std::string>& initialisers) {
  std::string out;
  for (const std::string& node : nodes) out += proto_bytes(1, node);
  out += proto_bytes(2, "graph");
  for (const std::string& tensor : initialisers) out += proto_bytes(5, tensor);
  return out;
}

std::string onnx_file(std::string_view graph) {
  return proto_number(1, 8) + proto_bytes(2, "builder") + proto_bytes(7, graph) +
         proto_bytes(8, proto_number(2, 17));
}

std::string safetensors_file(std::string_view header, std::string_view data) {
  return little(header.size(), 8) + std::string(header) + std::string(data);
}

std::string gguf_text(std::string_view text) {
  return little(text.size(), 8) + std::string(text);
}

std::string gguf_file(std::string_view pairs, uint64_t count,
                      const std::vector<GgufTensor>& tensors, std::string_view data) {
  std::string out = "GGUF" + little(3, 4) + little(tensors.size(), 8) + little(count, 8);
  out += pairs;
  for (const GgufTensor& tensor : tensors) {
    out += gguf_text(tensor.name) + little(tensor.dims.size(), 4);
    for (const uint64_t length : tensor.dims) out += little(length, 8);
    out += little(tensor.type, 4) + little(tensor.offset, 8);
  }
  out.resize((out.size() + 31) / 32 * 32);
  return out + std::string(data);
}

std::string little(uint64_t value, unsigned width) {
  std::string out;
  for (unsigned i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string floats(size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    out += little(std::bit_cast<uint32_t>(static_cast<float>(i) + 0.5F), 4);
  }
  return out;
}

Result<ModelFile> read_copy(std::string_view file, std::string* explanation) {
  const std::vector<uint8_t> copy(file.begin(), file.end());
  return read_model(Bytes(copy), explanation);
}

bool keeps_its_promises(const ModelFile& model, uint64_t file_size) {
  if (model.tensors.size() > kMaxTensors) return false;
  uint64_t end = 0;
  uint64_t described = 0;
  for (const TensorSpan& tensor : model.tensors) {
    if (tensor.size == 0 || tensor.offset < end || tensor.offset > file_size) return false;
    if (tensor.size > file_size - tensor.offset) return false;
    end = tensor.offset + tensor.size;
    const Quantisation& q = tensor.quantisation;
    if (!q.zero_points.empty() && q.zero_points.size() != q.scales.size()) return false;
    const auto axis = static_cast<size_t>(q.axis);
    if (q.axis < 0 ? q.scales.size() > 1 : tensor.shape.at(axis) != q.scales.size()) return false;
    described += tensor.name.size() + 8 * tensor.shape.size() + 16 * q.scales.size();
  }
  if (model.graph) {
    const Graph& graph = *model.graph;
    if (graph.operators.size() > kMaxOperatorKinds) return false;
    for (const auto* values : {&graph.inputs, &graph.outputs}) {
      if (values->size() > kMaxGraphValues) return false;
      for (const GraphValue& value : *values) {
        if (value.shape.size() > kMaxTensorRank) return false;
        described += value.name.size() + 8 * value.shape.size();
      }
    }
  }
  return described <= kMaxDescription;
}

std::vector<std::string> model_files() {
  TfliteModel tflite;
  tflite.buffers.push_back({floats(6)});
  tflite.buffers.push_back({"abcd"});
  tflite.tensors.push_back({.name = "a", .shape = {2, 3}, .buffer = 1});
  tflite.tensors.push_back({.name = "b",
                            .type = 9,
                            .shape = {2, 2},
                            .buffer = 2,
                            .scales = {1, 2},
                            .zero_points = {3, 4},
                            .sparse_indices = {5, 6},
                            .signature = {-1, 2}});
  tflite.operators = {{3}, {150}, {32, "Detect"}};
  tflite.inputs = {1};
  tflite.outputs = {0, 1};
  const std::string onnx =
      onnx_graph({onnx_node("DequantizeLinear", {"w", "s"}, "y")},
                 {onnx_tensor("w", 3, {2, 2}, "abcd"), onnx_tensor("s", 1, {2}, floats(2))}) +
      proto_bytes(11, onnx_value("x", 1, {-1, 3})) + proto_bytes(12, onnx_value("y", 1, {2, 2}));
  const std::string header = R"({"a":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]},)"
                             R"("a_scale":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})";
  const std::string pairs = gguf_text("k") + little(9, 4) + little(8, 4) + little(1, 8) +
                            gguf_text("v") + gguf_text("n") + little(5, 4) + little(5, 4);
  return {tflite_file(tflite), onnx_file(onnx), safetensors_file(header, "abcd" + floats(2)),
          gguf_file(pairs, 2, {{"q", {32}, 8, 0}, {"f", {2}, 0, 64}}, std::string(72, 'd'))};
}

}  // namespace flotilla::controller::test
