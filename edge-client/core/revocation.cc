#include "edge-client/core/revocation.h"

#include "schemas/protocol/limits.h"

namespace flotilla::edge {
namespace {

bool lists(Bytes list, const Digest& digest) {
  while (list.size() >= Digest::kSize) {
    if (equal(list.first(Digest::kSize), digest.view())) return !digest.is_none();
    list = list.subspan(Digest::kSize);
  }
  return false;
}

void mark(Bytes list, Image& image) {
  if (lists(list, image.digest)) image.revoked = true;
}

bool is_marked(const Image& image, const Digest& digest) {
  return image.revoked && image.digest == digest;
}

bool is_marked(const ModelRecord& record, const Digest& digest) {
  return is_marked(record.active, digest) || is_marked(record.spare, digest) ||
         is_marked(record.target, digest);
}

/// The last assignment ended with this image, and not well.
bool was_given_up(const ModelRecord& record, const Image& image) {
  const bool badly = record.state == UpdateState::kReverted || record.state == UpdateState::kFailed;
  return badly && record.settled && record.target.release == image.release;
}

}  // namespace

void mark_revoked(Bytes list, ModelRecord& record) {
  mark(list, record.active);
  mark(list, record.spare);
  mark(list, record.target);
}

bool names_intent(Bytes list, const ModelRecord& record) {
  return lists(list, record.intent.image) || is_marked(record, record.intent.image);
}

bool is_revoked(const ModelRecord& record, const Digest& digest) {
  const bool refused = record.intent.revoked && record.intent.image == digest;
  return refused || is_marked(record, digest);
}

bool has_way_back(const ModelRecord& record) {
  const Image& spare = record.spare;
  return spare.exists() && !spare.revoked && spare.security_counter >= record.floor &&
         !was_given_up(record, spare);
}

Intent own_way_back(const Intent& before, const Image& image, uint32_t epoch) {
  Intent out;
  out.verb = Verb::kRollback;
  out.applies = true;
  out.epoch = epoch;
  out.expires = WallTime{kMaxWallTimeMs};
  out.floor = before.floor;
  out.healthy_for_s = before.healthy_for_s;
  out.trial_deadline_s = before.trial_deadline_s;
  out.trial_attempts = before.trial_attempts;
  out.release = image.release;
  out.image = image.digest;
  return out;
}

bool is_own(const Intent& intent) {
  return intent.verb == Verb::kRollback && intent.rollout == 0;
}

}  // namespace flotilla::edge
