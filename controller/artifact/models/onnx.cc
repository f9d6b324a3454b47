#include "controller/artifact/models/onnx.h"

#include <array>
#include <set>

#include "controller/artifact/models/onnx_tensor.h"

namespace flotilla::controller {
namespace {

// Field numbers of onnx/onnx.proto.
constexpr uint32_t kModelIrVersion = 1;
constexpr uint32_t kModelGraph = 7;
constexpr uint32_t kModelFunctions = 25;
constexpr uint32_t kGraphNode = 1;
constexpr uint32_t kGraphInitializer = 5;
constexpr uint32_t kGraphInput = 11;
constexpr uint32_t kGraphOutput = 12;
constexpr uint32_t kGraphSparseInitializer = 15;
constexpr uint32_t kSparseValues = 1;
constexpr uint32_t kSparseIndices = 2;
constexpr uint32_t kFunctionNode = 7;
constexpr uint32_t kNodeInput = 1;
constexpr uint32_t kNodeOutput = 2;
constexpr uint32_t kNodeOpType = 4;
constexpr uint32_t kNodeAttribute = 5;
constexpr uint32_t kAttributeName = 1;
constexpr uint32_t kAttributeI = 3;
constexpr uint32_t kAttributeT = 5;
constexpr uint32_t kAttributeG = 6;
constexpr uint32_t kAttributeTensors = 10;
constexpr uint32_t kAttributeGraphs = 11;
constexpr uint32_t kAttributeSparseTensor = 22;
constexpr uint32_t kAttributeSparseTensors = 23;

constexpr unsigned kMaxDepth = 16;  ///< graphs within attributes of nodes of graphs ...
constexpr size_t kInputs = 6;       ///< as many as the operators below look at

/// An operator whose inputs tensor, tensor + 1 and tensor + 2 are values, scale and zero point.
struct Quantiser {
  std::string_view op_type;
  size_t tensor;
  int64_t axis;  ///< of per-channel scales, unless the attribute "axis" says otherwise
};

constexpr Quantiser kQuantisers[] = {{"DequantizeLinear", 0, 1}, {"QLinearConv", 3, 0},
                                     {"QLinearMatMul", 0, -2},   {"QLinearMatMul", 3, -1},
                                     {"QLinearAdd", 0, 0},       {"QLinearAdd", 3, 0},
                                     {"QLinearMul", 0, 0},       {"QLinearMul", 3, 0}};

struct Node {
  std::string_view op_type;
  std::array<std::string_view, kInputs> inputs;
  size_t input_count = 0;
  std::string_view output;
  int64_t axis = 0;
  bool has_axis = false;
};

class OnnxReader {
 public:
  explicit OnnxReader(Reading& reading) : reading_(reading) {}

  void read() {
    reading_.graph();
    ProtoCursor cursor(reading_, {0, reading_.file().size()});
    ProtoField field;
    while (cursor.next(field)) {
      if (field.is_message(kModelGraph)) graph(field.range, 0);
      if (field.is_message(kModelFunctions)) function(field.range);
    }
    if (reading_.ok()) add_inputs();
    if (reading_.ok()) add_all();
  }

 private:
  void graph(Range message, unsigned depth) {
    if (depth > kMaxDepth) {
      reading_.fail("graphs nested deeper than 16", message.begin);
      return;
    }
    ProtoCursor cursor(reading_, message);
    ProtoField field;
    while (cursor.next(field)) {
      if (field.is_message(kGraphNode)) node(field.range, depth);
      if (field.is_message(kGraphInitializer)) tensor(field.range, {}, TensorRole::kValues);
      if (field.is_message(kGraphSparseInitializer)) sparse(field.range, {});
      if (depth != 0) continue;
      if (field.is_message(kGraphInput)) inputs_.push_back(field.range);
      if (field.is_message(kGraphOutput)) value(field.range, &Graph::outputs);
      if (inputs_.size() > kMaxTensors) {
        reading_.fail("more than 131072 inputs", message.begin, {}, Code::kResourceExhausted);
        return;
      }
    }
  }

  void value(Range message, std::vector<GraphValue> Graph::*list) {
    GraphValue found;
    if (!read_onnx_value(reading_, message, found)) return;
    reading_.add_value(list, std::move(found), message.begin);
  }

  /// Up to IR version 3 every initialiser is an input as well: only the others are asked for.
  void add_inputs() {
    std::set<std::string_view> constants;
    for (const OnnxTensor& tensor : tensors_) constants.insert(tensor.name);
    for (const Range& message : inputs_) {
      GraphValue found;
      if (!read_onnx_value(reading_, message, found)) return;
      if (constants.contains(found.name)) continue;
      if (!reading_.add_value(&Graph::inputs, std::move(found), message.begin)) return;
    }
  }

  void function(Range message) {
    ProtoCursor cursor(reading_, message);
    ProtoField field;
    while (cursor.next(field)) {
      if (field.is_message(kFunctionNode)) node(field.range, 0);
    }
  }

  void node(Range message, unsigned depth) {
    if (!reading_.visit(message.begin)) return;
    Node node;
    ProtoCursor names(reading_, message);
    ProtoField field;
    while (names.next(field)) {
      if (field.type == ProtoField::Type::kLength) take_name(field, node);
    }
    ProtoCursor attributes(reading_, message);
    while (attributes.next(field)) {
      if (field.is_message(kNodeAttribute)) attribute(field.range, depth, node);
    }
    link(node);
    reading_.add_operator(node.op_type, message.begin);
  }

  void take_name(const ProtoField& field, Node& node) {
    if (field.number == kNodeOpType) node.op_type = text(field);
    if (field.number == kNodeOutput && node.output.empty()) node.output = text(field);
    if (field.number == kNodeInput && node.input_count < kInputs) {
      node.inputs[node.input_count++] = text(field);
    }
  }

  void attribute(Range message, unsigned depth, Node& node) {
    ProtoCursor cursor(reading_, message);
    ProtoField field;
    std::string_view name;
    while (cursor.next(field)) {
      if (field.is_message(kAttributeName)) name = text(field);
      if (field.is_varint(kAttributeI) && name == "axis") {
        node.axis = static_cast<int64_t>(field.value);
        node.has_axis = true;
      }
      if (field.is_message(kAttributeT) || field.is_message(kAttributeTensors)) {
        tensor(field.range, node.output, TensorRole::kValues);
      }
      if (field.is_message(kAttributeG) || field.is_message(kAttributeGraphs)) {
        graph(field.range, depth + 1);
      }
      if (field.is_message(kAttributeSparseTensor) || field.is_message(kAttributeSparseTensors)) {
        sparse(field.range, node.output);
      }
    }
  }

  void sparse(Range message, std::string_view fallback) {
    ProtoCursor cursor(reading_, message);
    ProtoField field;
    while (cursor.next(field)) {
      if (field.is_message(kSparseValues)) tensor(field.range, fallback, TensorRole::kValues);
      if (field.is_message(kSparseIndices)) tensor(field.range, fallback, TensorRole::kIndices);
    }
  }

  void tensor(Range message, std::string_view fallback, TensorRole role) {
    if (!reading_.visit(message.begin)) return;
    OnnxTensor tensor;
    if (!read_onnx_tensor(reading_, message, tensor)) return;
    if (tensor.name.empty()) tensor.name = fallback;
    tensor.role = role;
    if (tensor.is_external) reading_.add_elsewhere();
    tensors_.push_back(std::move(tensor));
  }

  void link(const Node& node) {
    for (const Quantiser& op : kQuantisers) {
      if (node.op_type != op.op_type || node.input_count < op.tensor + 2) continue;
      const bool has_zero = node.input_count > op.tensor + 2;
      links_.push_back({node.inputs[op.tensor], node.inputs[op.tensor + 1],
                        has_zero ? node.inputs[op.tensor + 2] : std::string_view{},
                        node.has_axis ? node.axis : op.axis});
    }
  }

  void add_all() {
    OnnxQuantisation quantisation(reading_, tensors_, links_);
    for (const OnnxTensor& tensor : tensors_) {
      TensorSpan span;
      if (tensor.name.size() > kMaxTensorName) {
        reading_.fail("a name of more than 4096 bytes", tensor.at);
        return;
      }
      span.name = tensor.name;
      span.dtype = tensor.dtype;
      span.role = tensor.role;
      span.shape = tensor.shape;
      span.offset = tensor.data.begin;
      span.size = tensor.data.size();
      if (span.size != 0) span.quantisation = quantisation.of(tensor);
      if (!reading_.add(std::move(span), Packing::kDense, tensor.at)) return;
    }
  }

  std::string_view text(const ProtoField& field) const {
    return as_text(reading_.file().subspan(field.range.begin, field.range.size()));
  }

  Reading& reading_;
  std::vector<OnnxTensor> tensors_;
  std::vector<OnnxLink> links_;
  std::vector<Range> inputs_;  ///< of the model, initialisers among them
};

/// Fields of ModelProto that may stand before the graph: 1 to 6, 8 opset_import, 14 metadata_props,
/// 20 training_info, 25 functions. Which of them are numbers: ir_version and model_version.
bool is_model_field(const ProtoField& field) {
  if (field.number == kModelIrVersion || field.number == 5) {
    return field.type == ProtoField::Type::kVarint;
  }
  const bool known = field.number <= 8 || field.number == 14 || field.number == 20 ||
                     field.number == kModelFunctions;
  return known && field.type == ProtoField::Type::kLength;
}

}  // namespace

bool is_onnx(Bytes file) {
  constexpr uint64_t kNewestIrVersion = 64;  // 12 in 2025
  if (file.size() < 8 || file[0] != 0x08 || file[1] == 0 || file[1] > kNewestIrVersion) {
    return false;
  }
  Reading reading(ModelFormat::kOnnx, file);
  ProtoCursor cursor(reading, {0, file.size()});
  ProtoField field;
  for (unsigned i = 0; i < 4096 && cursor.next(field); ++i) {
    if (!is_model_field(field)) return false;
    if (field.number == kModelGraph) return true;
  }
  // A graph that ends beyond the file is a broken ONNX file, not a file of another kind.
  return field.is_message(kModelGraph);
}

Result<ModelFile> read_onnx(Bytes file, std::string* explanation) {
  Reading reading(ModelFormat::kOnnx, file);
  OnnxReader(reading).read();
  return reading.finish(Sharing::kRefused, explanation);
}

}  // namespace flotilla::controller
