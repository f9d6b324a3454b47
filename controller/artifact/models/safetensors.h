#pragma once

#include "controller/artifact/models/model_file.h"

namespace flotilla::controller {

/// safetensors: u64 length, JSON header, data. Refused: duplicate names, overlaps, holes, offsets
/// out of range, sizes that contradict the shape, headers above 32 MiB. Integer tensors get the
/// scales and zero points of NAME.scale or NAME_scale, NAME.zero_point or NAME_zero_point.
bool is_safetensors(Bytes file);
Result<ModelFile> read_safetensors(Bytes file, std::string* explanation);

}  // namespace flotilla::controller
