#pragma once

#include <vector>

#include "controller/artifact/delta/match_finder.h"
#include "schemas/base/bytes.h"
#include "schemas/protocol/delta/stream.h"

namespace flotilla::controller {

/// One operation on bytes. `from` counts for kCopy and kPatch (offset in the base) kRepeat
/// and kRevise (offset in the target, before target_offset).
struct ByteStep {
  delta::Op kind = delta::Op::kLiteral;
  uint64_t target_offset = 0;
  uint64_t length = 0;
  uint64_t from = 0;
};

/// Steps that produce target[begin, end), in order, looking back to `begin` at most: equal runs of
/// the base and of what came before are chosen by what they save; runs that continue each other
/// across few changed bytes become patches (as in C. Percival, "Naive differences of executable
/// code"). `old` finds in `base`. Time is linear in the range.
std::vector<ByteStep> plan_bytes(Bytes base, const MatchFinder& old, Bytes target, uint64_t begin,
                                 uint64_t end);

}  // namespace flotilla::controller
