#pragma once

#include "controller/artifact/delta/match_finder.h"

namespace flotilla::controller {

/// Says how much of a stretch stands somewhere in the base, byte by byte: rows of an embedding that
/// moved, a layer under another name. Safe to use from several threads.
class ByteLikeness {
 public:
  /// Indexes the base; 8 bytes for each 16 of it, at most 128 MiB.
  explicit ByteLikeness(Bytes base);

  /// Share of target[offset, offset + size), 0 to 1, from up to 64 samples spread over it.
  double share(Bytes target, uint64_t offset, uint64_t size) const;

 private:
  bool finds(Bytes target, uint64_t at) const;

  uint32_t stride_;
  MatchFinder finder_;
};

}  // namespace flotilla::controller
