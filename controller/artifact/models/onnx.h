#pragma once

#include "controller/artifact/models/model_file.h"

namespace flotilla::controller {

/// ONNX: a protobuf ModelProto. It has no magic number: a file claims to be ONNX when it begins
/// with an IR version, followed by fields of ModelProto up to its graph.
///
/// Found are the initialisers and the tensors of attributes (`Constant`), of the graph, of the
/// graphs inside attributes (`If`, `Loop`, `Scan`) and of functions, as far as their values stand
/// in the file in one piece: raw_data, packed float_data and double_data. Not found: values stored
/// as varints, and external files. Scales and zero points come from the operators that use a
/// tensor, else from the names NAME_quantized, NAME_scale, NAME_zero_point.
bool is_onnx(Bytes file);
Result<ModelFile> read_onnx(Bytes file, std::string* explanation);

}  // namespace flotilla::controller
