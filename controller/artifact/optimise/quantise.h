#pragma once

#include <string>

#include "controller/artifact/optimise/weight.h"

namespace flotilla::controller {

/// A weight tensor as int8 with a scale for each output channel: value = scale x stored.
struct QuantisedWeight {
  std::string values;  ///< int8, in the order of the tensor
  std::string scales;  ///< little-endian float32, one for each index of the axis
};

/// Symmetric: scale = largest magnitude of the channel / 127, as float32; stored = value / scale in
/// double, rounded half to even. A channel whose scale would be below 2^-126 becomes zeros with
/// scale 1. kInvalidArgument: a value that is infinite or no number.
Result<QuantisedWeight> quantise_weight(Bytes file, const Weight& weight, OptimiseFault& fault);

/// False for a tensor that int8 and scales would not make smaller; it is left as it is.
bool is_worth_quantising(const Weight& weight);

/// Weight-only int8 of all weights that are worth it. ONNX: each becomes the initialisers
/// NAME_quantized and NAME_scale and a DequantizeLinear that makes NAME of them; float32, operator
/// set 13 or newer. safetensors: the tensors NAME (I8) and NAME.scale (F32), and
/// flotilla.quantisation in the metadata. Everything else is kept, in ONNX byte for byte.
/// Depends on nothing but the file. Needs memory for about three times the output.
Result<std::string> quantise_weights(Bytes file, OptimiseFault& fault);

/// The parts of the above.
Result<std::string> quantise_onnx(Bytes file, OptimiseFault& fault);
Result<std::string> quantise_safetensors(Bytes file, OptimiseFault& fault);

}  // namespace flotilla::controller
