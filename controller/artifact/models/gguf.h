#pragma once

#include "controller/artifact/models/model_file.h"

namespace flotilla::controller {

/// GGUF, versions 2 and 3, little-endian. Tensors of a ggml type that this build does not know are
/// left out, since their size is not known either.
bool is_gguf(Bytes file);
Result<ModelFile> read_gguf(Bytes file, std::string* explanation);

}  // namespace flotilla::controller
