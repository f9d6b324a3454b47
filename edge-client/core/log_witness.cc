#include "edge-client/core/log_witness.h"

#include "schemas/protocol/hash_tree.h"

namespace flotilla::edge {
namespace {

bool is_proven(Hasher& hasher, const LogHead& from, const LogHead& to,
               const FixedVector<GrowthProof, kMaxGrowthProofs>& growth) {
  for (const GrowthProof& proof : growth) {
    if (proof.from != from.size) continue;
    if (hash_tree::verify_growth(hasher, from.size, from.root, to.size, to.root, proof.path))
      return true;
  }
  return false;
}

}  // namespace

bool observe(Hasher& hasher, const ReleaseManifest& release,
             const FixedVector<GrowthProof, kMaxGrowthProofs>& growth, LogWitness& witness) {
  const LogHead shown{release.checkpoint_size, release.checkpoint_root};
  if (shown.size == 0 || shown.root.is_none() || shown.size < witness.head.size) return false;
  const bool split = witness.standing == Witness::kSplit;
  if (shown.size == witness.head.size) {
    if (split || shown == witness.head) return false;
    witness.standing = Witness::kSplit;
    witness.conflict = shown;
    return true;
  }
  const bool proven = witness.head.size == 0 || is_proven(hasher, witness.head, shown, growth);
  witness.head = shown;
  if (!split) witness.standing = proven ? Witness::kProven : Witness::kUnproven;
  return true;
}

}  // namespace flotilla::edge
