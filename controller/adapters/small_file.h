#pragma once

#include <string>

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"

/// Files that fit in memory: keys, certificates.
namespace flotilla::controller {

/// kNotFound, kPermissionDenied, or kOutOfRange when it is larger than `most` bytes.
Result<std::string> read_small_file(const std::string& path, size_t most);
/// Makes a new file of that mode, synced. kAlreadyExists leaves the old one alone.
Status create_file(const std::string& path, Bytes content, unsigned mode);
/// Overwrites a secret before its memory is given back.
void forget(std::string& secret);

}  // namespace flotilla::controller
