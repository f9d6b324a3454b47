#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/wire/wire.h"

namespace flotilla::edge {

/// The provisioned keyset: a signed envelope as it travels, in a file. Throws ConfigError when it
/// cannot be read or is none.
class KeysetFile {
 public:
  explicit KeysetFile(const std::string& path);

  /// Borrows from this object.
  const Signed<Keyset>& keyset() const { return keyset_; }

 private:
  std::vector<uint64_t> content_;  // 8-byte aligned
  Signed<Keyset> keyset_;
};

}  // namespace flotilla::edge
