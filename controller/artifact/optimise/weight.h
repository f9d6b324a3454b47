#pragma once

#include <vector>

#include "controller/artifact/models/model_file.h"
#include "controller/artifact/optimise/fault.h"

namespace flotilla::controller {

/// A tensor of learned factors: float, two dimensions or more, and what it does to activations says
/// that it is one (ONNX), or its shape does (safetensors). Biases and norms are none.
struct Weight {
  std::string name;
  DType dtype = DType::kFloat32;
  std::vector<uint64_t> shape;
  uint64_t offset = 0;  ///< of its little-endian values in the file
  uint64_t size = 0;    ///< bytes
  size_t axis = 0;      ///< dimension of its output channels
};

/// The weights of an ONNX or safetensors file by offset. kUnimplemented: another format, or weights
/// in other files; kInvalidArgument: a broken file; kFailedPrecondition: it has no such tensor.
Result<std::vector<Weight>> find_weights(Bytes file, OptimiseFault& fault);

/// Which format `file` has, and that its tensors can be worked on.
Result<ModelFormat> workable_format(Bytes file, OptimiseFault& fault);

}  // namespace flotilla::controller
