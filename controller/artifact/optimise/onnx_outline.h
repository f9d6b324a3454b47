#pragma once

#include <map>
#include <set>

#include "controller/artifact/models/onnx_tensor.h"
#include "controller/artifact/optimise/weight.h"

namespace flotilla::controller {

/// Where a tensor stands that operators use as a weight: an initialiser of a graph, or a node that
/// makes a constant.
struct OnnxWeight {
  std::string_view name;  ///< of the value that operators read
  OnnxTensor tensor;
  size_t axis = 0;
};

/// What must be known of an ONNX model before parts of it are replaced. Text stays in the file.
struct OnnxOutline {
  uint64_t ir_version = 0;
  uint64_t opset = 0;                ///< of the operators of ONNX itself; 0: not stated
  std::set<std::string_view> names;  ///< of all values
  /// Initialisers by where their TensorProto begins, constants by where their NodeProto does.
  std::map<uint64_t, OnnxWeight> weights;
};

// Field numbers of onnx/onnx.proto.
inline constexpr uint32_t kOnnxModelIrVersion = 1;
inline constexpr uint32_t kOnnxModelGraph = 7;
inline constexpr uint32_t kOnnxModelOpset = 8;
inline constexpr uint32_t kOnnxOpsetDomain = 1;
inline constexpr uint32_t kOnnxOpsetVersion = 2;
inline constexpr uint32_t kOnnxGraphNode = 1;
inline constexpr uint32_t kOnnxGraphInitializer = 5;
inline constexpr uint32_t kOnnxGraphInput = 11;
inline constexpr uint32_t kOnnxNodeInput = 1;
inline constexpr uint32_t kOnnxNodeOutput = 2;
inline constexpr uint32_t kOnnxNodeName = 3;
inline constexpr uint32_t kOnnxNodeOpType = 4;
inline constexpr uint32_t kOnnxNodeAttribute = 5;
inline constexpr uint32_t kOnnxNodeDomain = 7;
inline constexpr uint32_t kOnnxAttributeName = 1;
inline constexpr uint32_t kOnnxAttributeI = 3;
inline constexpr uint32_t kOnnxAttributeT = 5;
inline constexpr uint32_t kOnnxAttributeG = 6;
inline constexpr uint32_t kOnnxAttributeGraphs = 11;
inline constexpr uint32_t kOnnxAttributeType = 20;
inline constexpr uint32_t kOnnxTensorDims = 1;
inline constexpr uint32_t kOnnxTensorDataType = 2;
inline constexpr uint32_t kOnnxTensorName = 8;
inline constexpr uint32_t kOnnxTensorRawData = 9;

/// Reads a model that read_model() found good. False: `reading` says why.
bool read_onnx_outline(Reading& reading, OnnxOutline& outline);

/// Text of a field of kind kLength.
std::string_view onnx_text(const Reading& reading, const ProtoField& field);

/// Name of a graph's input.
std::string_view onnx_value_name(Reading& reading, Range message);

}  // namespace flotilla::controller
