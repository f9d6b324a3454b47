#include "edge-client/core/boot_record.h"

#include "edge-client/core/archive.h"
#include "schemas/base/assert.h"

namespace flotilla::edge {
namespace {

constexpr RecordKind kBootKind{0x52424C46,  // "FLBR"
                               1,
                               {JournalArea::kBoot0, JournalArea::kBoot1}};

constexpr uint8_t kHasEngine = 16;

void transcribe(Archive& archive, Image& image) {
  archive.digest(image.digest)
      .digest(image.release)
      .digest(image.golden)
      .u64(image.size)
      .u32(image.version)
      .u32(image.security_counter);
}

void transcribe(Archive& archive, DirectivePosition& position) {
  archive.u32(position.epoch).u64(position.seq);
}

void transcribe(Archive& archive, Intent& intent) {
  archive.u32(intent.rollout)
      .u32(intent.epoch)
      .one_of(intent.verb, Verb::kRollback)
      .flag(intent.personal)
      .flag(intent.applies)
      .flag(intent.delta_failed)
      .digest(intent.release)
      .digest(intent.image)
      .u64(intent.from_active)
      .u64(intent.from_trial)
      .u64(intent.full)
      .time(intent.expires)
      .time(intent.not_before)
      .u32(intent.floor)
      .u32(intent.healthy_for_s)
      .u32(intent.trial_deadline_s)
      .u32(intent.start_window_s)
      .u8(intent.trial_attempts);
}

void transcribe_assignment(Archive& archive, ModelRecord& record) {
  archive.one_of(record.state, UpdateState::kFailed)
      .one_of(record.reason, kLastReason)
      .flag(record.settled)
      .u32(record.rollout);
  transcribe(archive, record.target);
  archive.u64(record.transfer)
      .u8(record.attempts_left)
      .u32(record.healthy_for_s)
      .u32(record.trial_deadline_s)
      .digest(record.measured)
      .u64(record.order.incarnation)
      .u32(record.order.boot_count)
      .u64(record.order.seq)
      .text(record.detail);
}

void transcribe(Archive& archive, ModelRecord& record) {
  archive.u32(record.floor).one_of(record.active_slot, Slot::kNone);
  transcribe(archive, record.active);
  transcribe(archive, record.spare);
  transcribe(archive, record.class_position);
  transcribe(archive, record.personal_position);
  archive.time(record.signed_time);
  transcribe(archive, record.intent);
  transcribe_assignment(archive, record);
}

/// The end of a record in which something is revoked, or an engine was built. Others end before it,
/// as do those of programs that did not know of it.
void transcribe_rest(Archive& archive, ModelRecord& record) {
  bool* const flags[] = {&record.active.revoked, &record.spare.revoked, &record.target.revoked,
                         &record.intent.revoked};
  uint8_t bits = 0;
  for (size_t i = 0; i < 4; ++i) bits |= static_cast<uint8_t>(*flags[i] ? 1 << i : 0);
  if (!record.engine.is_none()) bits |= kHasEngine;
  if (!archive.loading() && bits == 0) return;
  archive.u8(bits);
  if ((bits & kHasEngine) != 0) archive.digest(record.engine);
  for (size_t i = 0; i < 4; ++i) *flags[i] = (bits >> i & 1) != 0;
}

/// A record whose parts contradict each other was not written by this code.
bool is_consistent(const ModelRecord& record) {
  if ((record.active_slot == Slot::kNone) == record.active.exists()) return false;
  if (record.intent.verb < Verb::kInstall) return false;
  const bool pending = record.state == UpdateState::kTransferring ||
                       record.state == UpdateState::kStaged || record.state == UpdateState::kTrial;
  return !pending || (record.target.exists() && !record.spare.exists());
}

}  // namespace

RecordPair::Found BootRecord::load(Journal& journal, uint8_t model, const Name& name,
                                   ModelRecord& record) {
  uint8_t buffer[kMaxSize];
  MutableBytes body;
  const RecordPair::Found found = pair_.load({journal, kBootKind, model}, buffer, body);
  if (found != RecordPair::Found::kValid) return found;
  Archive archive(body, Archive::Mode::kLoad);
  Name stored;
  archive.text(stored);
  if (!(stored == name)) return RecordPair::Found::kForeign;
  transcribe(archive, record);
  if (archive.position() < body.size()) transcribe_rest(archive, record);
  const bool whole = archive.ok() && archive.position() == body.size() && is_consistent(record);
  return whole ? found : RecordPair::Found::kDamaged;
}

Status BootRecord::save(Journal& journal, uint8_t model, const Name& name, ModelRecord& record) {
  uint8_t buffer[kMaxSize];
  Archive archive(RecordPair::body_of(buffer), Archive::Mode::kStore);
  Name stored = name;
  archive.text(stored);
  transcribe(archive, record);
  transcribe_rest(archive, record);
  FLOTILLA_ASSERT(archive.ok());
  return pair_.save({journal, kBootKind, model}, buffer, archive.position());
}

}  // namespace flotilla::edge
