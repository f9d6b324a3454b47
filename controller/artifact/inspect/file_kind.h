#pragma once

#include <cstdint>

#include "schemas/base/bytes.h"

namespace flotilla::controller {

/// What a file is that no reader of model files knows.
enum class FileKind : uint8_t {
  kOpaque,   ///< bytes: of a format that this build does not know
  kText,     ///< UTF-8; some models are
  kPage,     ///< HTML: what a download answers instead of a file
  kPointer,  ///< Git LFS: names a file that was not fetched
  kDelta,    ///< flotilla model delta
  kPayload,  ///< chunk messages of a transfer
};

/// Stable lower-case name, for JSON.
const char* kind_name(FileKind kind);

/// Tells by the first 4 KiB.
FileKind kind_of(Bytes file);

}  // namespace flotilla::controller
