#pragma once

#include <string>

#include "edge-client/adapters/model_folder.h"
#include "schemas/base/bytes.h"
#include "schemas/base/digest.h"
#include "schemas/base/status.h"

namespace flotilla::edge {

/// Golden-vector files of a model, named by digest. The newest few are kept: going back to an image
/// that is still in the spare slot needs the vectors that came with it.
inline constexpr size_t kGoldenFilesKept = 4;

std::string golden_file(const ModelFolder& folder, const Digest& digest);
/// Durable when it returns.
Status store_golden(const ModelFolder& folder, const Digest& digest, Bytes golden);

}  // namespace flotilla::edge
