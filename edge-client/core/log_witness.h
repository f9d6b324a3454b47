#pragma once

#include "schemas/protocol/hasher.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// What the device remembers of the controller's audit log: the newest checkpoint that a release
/// carried. It never goes back, so a log that was rewritten has to show itself.
struct LogWitness {
  LogHead head;  ///< none: no release carried one yet
  Witness standing = Witness::kNone;
  LogHead conflict;  ///< shown beside `head`, and not the same log

  bool operator==(const LogWitness&) const = default;
};

/// Looks at the checkpoint of a release whose signature holds; true when `witness` has changed. An
/// older one says nothing and is no reason to refuse its release: a rollback brings it. Two of one
/// size with two roots are a split view, which stays on record. A newer one counts as proven when
/// one of the proofs leads from the remembered to it, otherwise it is taken unproven. Costs a hash
/// or two for each node of that proof; no memory.
bool observe(Hasher& hasher, const ReleaseManifest& release,
             const FixedVector<GrowthProof, kMaxGrowthProofs>& growth, LogWitness& witness);

}  // namespace flotilla::edge
