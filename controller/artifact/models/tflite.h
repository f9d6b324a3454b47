#pragma once

#include "controller/artifact/models/model_file.h"

namespace flotilla::controller {

/// TensorFlow Lite / LiteRT flatbuffer, version 3 ("TFL3"). Buffers that no tensor names (metadata)
/// and custom operators' options are not tensors.
bool is_tflite(Bytes file);
Result<ModelFile> read_tflite(Bytes file, std::string* explanation);

}  // namespace flotilla::controller
