#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "controller/artifact/models/protobuf.h"

namespace flotilla::controller {

/// A TensorProto of an ONNX model, its text still in the file.
struct OnnxTensor {
  std::string_view name;
  uint64_t at = 0;
  DType dtype = DType::kUnknown;
  std::vector<uint64_t> shape;
  Range data;     ///< raw, or packed floats: little-endian elements; empty: none
  Range varints;  ///< packed int32_data or int64_data
  TensorRole role = TensorRole::kValues;
  bool is_scattered = false;  ///< values in several pieces, which protobuf allows
  bool is_external = false;   ///< values in another file
};

/// An operator's statement that `tensor` is quantised with these other tensors.
struct OnnxLink {
  std::string_view tensor;
  std::string_view scale;
  std::string_view zero_point;
  int64_t axis = 0;
};

/// TensorProto.DataType.
DType onnx_dtype(uint64_t data_type);

/// Reads one ValueInfoProto, an input or output of a graph; false after a fault.
bool read_onnx_value(Reading& reading, Range message, GraphValue& value);

/// Reads one TensorProto; false after a fault. Source of the numbers: onnx/onnx.proto.
bool read_onnx_tensor(Reading& reading, Range message, OnnxTensor& tensor);

/// Scales and zero points of the tensors, from the operators, else from names.
class OnnxQuantisation {
 public:
  OnnxQuantisation(Reading& reading, const std::vector<OnnxTensor>& tensors,
                   const std::vector<OnnxLink>& links);

  /// None when the model does not say, or contradicts itself. Fails the reading past its bounds.
  Quantisation of(const OnnxTensor& tensor);

 private:
  const OnnxTensor* find(std::string_view name) const;
  std::vector<double> values(const OnnxTensor& tensor, uint64_t count) const;
  Quantisation from(const OnnxTensor& tensor, const OnnxTensor& scale, const OnnxTensor* zero,
                    int64_t axis);

  Reading& reading_;
  std::map<std::string_view, const OnnxTensor*> tensors_;
  std::map<std::string_view, const OnnxLink*> links_;
};

}  // namespace flotilla::controller
