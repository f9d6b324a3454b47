#include "controller/artifact/models/tflite.h"

#include <algorithm>
#include <bit>

#include "controller/artifact/models/flat_table.h"
#include "controller/artifact/models/tflite_operators.h"

namespace flotilla::controller {
namespace {

// Field numbers and enum values of tensorflow/lite/schema/schema.fbs.
constexpr unsigned kModelOperatorCodes = 1;
constexpr unsigned kModelSubgraphs = 2;
constexpr unsigned kModelBuffers = 4;
constexpr unsigned kSubgraphTensors = 0;
constexpr unsigned kSubgraphInputs = 1;
constexpr unsigned kSubgraphOutputs = 2;
constexpr unsigned kSubgraphOperators = 3;
constexpr unsigned kOperatorCodeIndex = 0;
constexpr unsigned kCodeOfOldFiles = 0;  ///< a byte; newer files have kCode as well
constexpr unsigned kCodeCustom = 1;
constexpr unsigned kCode = 3;
constexpr unsigned kTensorShape = 0;
constexpr unsigned kTensorType = 1;
constexpr unsigned kTensorBuffer = 2;
constexpr unsigned kTensorName = 3;
constexpr unsigned kTensorQuantisation = 4;
constexpr unsigned kTensorSparsity = 6;
constexpr unsigned kTensorShapeSignature = 7;  ///< the shape, with -1 for what is open
constexpr unsigned kBufferData = 0;
constexpr unsigned kBufferOffset = 1;  ///< data behind the flatbuffer, for files above 2 GB
constexpr unsigned kBufferSize = 2;
constexpr unsigned kQuantisationScale = 2;
constexpr unsigned kQuantisationZeroPoint = 3;
constexpr unsigned kQuantisationAxis = 6;
constexpr unsigned kSparsityDimensions = 2;
constexpr unsigned kDimensionSegmentsType = 2;
constexpr unsigned kDimensionSegments = 3;
constexpr unsigned kDimensionIndicesType = 4;
constexpr unsigned kDimensionIndices = 5;
constexpr unsigned kIndexValues = 0;

/// The union SparseIndexVector: NONE Int32Vector Uint16Vector Uint8Vector.
DType index_dtype(uint64_t type) {
  constexpr DType kTypes[] = {DType::kUnknown, DType::kInt32, DType::kUint16, DType::kUint8};
  return type < std::size(kTypes) ? kTypes[type] : DType::kUnknown;
}

DType dtype_of(uint64_t tensor_type) {
  // FLOAT32 FLOAT16 INT32 UINT8 INT64 STRING BOOL INT16 COMPLEX64 INT8 FLOAT64 COMPLEX128 UINT64
  // RESOURCE VARIANT UINT32 UINT16 INT4 BFLOAT16
  constexpr DType kTypes[] = {DType::kFloat32, DType::kFloat16, DType::kInt32,   DType::kUint8,
                              DType::kInt64,   DType::kUnknown, DType::kBool,    DType::kInt16,
                              DType::kUnknown, DType::kInt8,    DType::kFloat64, DType::kUnknown,
                              DType::kUint64,  DType::kUnknown, DType::kUnknown, DType::kUint32,
                              DType::kUint16,  DType::kInt4,    DType::kBfloat16};
  return tensor_type < std::size(kTypes) ? kTypes[tensor_type] : DType::kUnknown;
}

class TfliteReader {
 public:
  explicit TfliteReader(Reading& reading) : reading_(reading), model_(FlatTable::root(reading)) {}

  void read() {
    reading_.graph();
    buffers_ = model_.vector(kModelBuffers, 4);
    codes_ = model_.vector(kModelOperatorCodes, 4);
    const FlatVector subgraphs = model_.vector(kModelSubgraphs, 4);
    for (uint64_t i = 0; reading_.ok() && i < subgraphs.size; ++i) {
      const FlatTable graph = model_.element(subgraphs, i);
      subgraph(graph);
      if (i == 0) {
        values(graph, kSubgraphInputs, &Graph::inputs);
        values(graph, kSubgraphOutputs, &Graph::outputs);
      }
    }
  }

 private:
  void subgraph(const FlatTable& graph) {
    if (!reading_.visit(graph.at())) return;
    const FlatVector tensors = graph.vector(kSubgraphTensors, 4);
    for (uint64_t i = 0; reading_.ok() && i < tensors.size; ++i) {
      if (reading_.visit(graph.at())) tensor(graph.element(tensors, i));
    }
    const FlatVector operators = graph.vector(kSubgraphOperators, 4);
    for (uint64_t i = 0; reading_.ok() && i < operators.size; ++i) {
      if (reading_.visit(graph.at())) count(graph.element(operators, i));
    }
  }

  void count(const FlatTable& node) {
    const uint64_t index = node.number(kOperatorCodeIndex, 4);
    if (!reading_.ok()) return;
    if (index >= codes_.size) {
      reading_.fail("an operator of a kind that does not exist", node.at());
      return;
    }
    const FlatTable code = model_.element(codes_, index);
    const uint64_t number = std::max(code.number(kCodeOfOldFiles, 1), code.number(kCode, 4));
    const std::string_view custom = code.text(kCodeCustom);
    if (number == kTfliteCustom && !custom.empty()) {
      reading_.add_operator(custom, code.at());
    } else if (reading_.ok()) {
      reading_.add_operator(tflite_operator(number), code.at());
    }
  }

  void values(const FlatTable& graph, unsigned field, std::vector<GraphValue> Graph::*list) {
    const FlatVector tensors = graph.vector(kSubgraphTensors, 4);
    const FlatVector indices = graph.vector(field, 4);
    for (uint64_t i = 0; reading_.ok() && i < indices.size; ++i) {
      const uint64_t at = indices.at + 4 * i;
      const uint64_t index = reading_.number(at, 4);
      if (!reading_.ok()) return;
      if (index >= tensors.size) {
        reading_.fail("an input or output that is no tensor", at);
        return;
      }
      const FlatTable table = graph.element(tensors, index);
      GraphValue value;
      value.name = table.text(kTensorName);
      value.dtype = dtype_of(table.number(kTensorType, 1));
      const bool is_open = table.vector(kTensorShapeSignature, 4).size != 0;
      const FlatVector shape = table.vector(is_open ? kTensorShapeSignature : kTensorShape, 4);
      if (shape.size > kMaxTensorRank) {
        reading_.fail("more than 32 dimensions", table.at(), value.name);
        return;
      }
      for (uint64_t d = 0; d < shape.size; ++d) {
        value.shape.push_back(static_cast<int32_t>(reading_.number(shape.at + 4 * d, 4)));
      }
      reading_.add_value(list, std::move(value), table.at());
    }
  }

  void tensor(const FlatTable& table) {
    const uint64_t buffer = table.number(kTensorBuffer, 4);
    if (!reading_.ok() || buffer == 0) return;  // buffer 0 stands for "no data"
    const std::string_view name = table.text(kTensorName);
    if (buffer >= buffers_.size) {
      reading_.fail("it names a buffer that does not exist", table.at(), name);
      return;
    }
    TensorSpan span;
    if (!locate(model_.element(buffers_, buffer), span)) return;
    if (name.size() > kMaxTensorName) {
      reading_.fail("a name of more than 4096 bytes", table.at());
      return;
    }
    span.name = name;
    span.dtype = dtype_of(table.number(kTensorType, 1));
    if (!shape(table, span)) return;
    quantisation(table.table(kTensorQuantisation), span);
    const Packing packing = table.has(kTensorSparsity) ? Packing::kSparse : Packing::kDense;
    if (packing == Packing::kSparse) sparsity(table.table(kTensorSparsity), name);
    reading_.add(std::move(span), packing, table.at());
  }

  void sparsity(const FlatTable& table, std::string_view name) {
    const FlatVector dimensions = table.vector(kSparsityDimensions, 4);
    if (dimensions.size > 2 * kMaxTensorRank) {  // a tensor's own and those of its blocks
      reading_.fail("more than 64 sparse dimensions", table.at(), name);
      return;
    }
    for (uint64_t i = 0; reading_.ok() && i < dimensions.size; ++i) {
      const FlatTable dimension = table.element(dimensions, i);
      const std::string stem = std::string(name) + "/" + std::to_string(i);
      indices(dimension.table(kDimensionSegments), dimension.number(kDimensionSegmentsType, 1),
              stem + "/segments");
      indices(dimension.table(kDimensionIndices), dimension.number(kDimensionIndicesType, 1),
              stem + "/indices");
    }
  }

  void indices(const FlatTable& table, uint64_t type, std::string name) {
    const DType dtype = index_dtype(type);
    if (!reading_.visit(table.at()) || dtype == DType::kUnknown) return;
    const FlatVector values = table.vector(kIndexValues, bits_of(dtype) / 8);
    TensorSpan span;
    span.name = std::move(name);
    span.dtype = dtype;
    span.role = TensorRole::kIndices;
    span.shape = {values.size};
    span.offset = values.at;
    span.size = values.size * bits_of(dtype) / 8;
    reading_.add(std::move(span), Packing::kDense, table.at());
  }

  /// False when the buffer is empty or broken.
  bool locate(const FlatTable& buffer, TensorSpan& span) {
    const FlatVector data = buffer.vector(kBufferData, 1);
    span.offset = data.at;
    span.size = data.size;
    const uint64_t offset = buffer.number(kBufferOffset, 8);
    if (data.size == 0 && offset > 1) {  // 1 is a placeholder of converters
      span.offset = offset;
      span.size = buffer.number(kBufferSize, 8);
    }
    return reading_.ok() && span.size != 0;
  }

  bool shape(const FlatTable& table, TensorSpan& span) {
    const FlatVector lengths = table.vector(kTensorShape, 4);
    if (lengths.size > kMaxTensorRank) {
      return reading_.fail("more than 32 dimensions", table.at(), span.name);
    }
    for (uint64_t i = 0; i < lengths.size; ++i) {
      const uint64_t length = reading_.number(lengths.at + 4 * i, 4);
      if (length > INT32_MAX) {
        return reading_.fail("a negative dimension", lengths.at + 4 * i, span.name);
      }
      span.shape.push_back(length);
    }
    return reading_.ok();
  }

  void quantisation(const FlatTable& table, TensorSpan& span) {
    const FlatVector scales = table.vector(kQuantisationScale, 4);
    const FlatVector zeros = table.vector(kQuantisationZeroPoint, 8);
    if (!reading_.ok() || scales.size == 0) return;
    const uint64_t axis = table.number(kQuantisationAxis, 4);
    const bool per_channel = scales.size > 1;
    if (per_channel && (axis >= span.shape.size() || span.shape[axis] != scales.size)) {
      reading_.fail("the number of scales is not the length of their dimension", table.at(),
                    span.name);
      return;
    }
    if (zeros.size != 0 && zeros.size != scales.size && zeros.size != 1) {
      reading_.fail("scales and zero points differ in number", table.at(), span.name);
      return;
    }
    if (!reading_.charge(16 * scales.size, table.at())) return;
    span.quantisation.axis = per_channel ? static_cast<int>(axis) : -1;
    for (uint64_t i = 0; i < scales.size; ++i) {
      const auto bits = static_cast<uint32_t>(reading_.number(scales.at + 4 * i, 4));
      span.quantisation.scales.push_back(static_cast<double>(std::bit_cast<float>(bits)));
      if (zeros.size == 0) continue;
      const uint64_t zero = reading_.number(zeros.at + (zeros.size == 1 ? 0 : 8 * i), 8);
      span.quantisation.zero_points.push_back(static_cast<int64_t>(zero));
    }
  }

  Reading& reading_;
  FlatTable model_;
  FlatVector buffers_;
  FlatVector codes_;
};

}  // namespace

bool is_tflite(Bytes file) {
  return file.size() >= 8 && as_text(file.subspan(4, 4)) == "TFL3";
}

Result<ModelFile> read_tflite(Bytes file, std::string* explanation) {
  Reading reading(ModelFormat::kTflite, file);
  TfliteReader(reading).read();
  return reading.finish(Sharing::kAllowed, explanation);
}

}  // namespace flotilla::controller
