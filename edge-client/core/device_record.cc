#include "edge-client/core/device_record.h"

#include "edge-client/core/archive.h"
#include "schemas/base/assert.h"
#include "schemas/base/crc32c.h"

namespace flotilla::edge {
namespace {

constexpr RecordKind kDeviceKind{0x56444C46,  // "FLDV"
                                 1,
                                 {JournalArea::kDevice0, JournalArea::kDevice1}};

/// False when there are more keys than this build holds.
bool transcribe(Archive& archive, ReportOrder& identity, TrustedKeys& keys) {
  uint8_t count = static_cast<uint8_t>(keys.keys.size());
  archive.u64(identity.incarnation)
      .u32(identity.boot_count)
      .u32(keys.epoch)
      .time(keys.issued)
      .u8(keys.root_threshold)
      .u8(count);
  if (archive.loading()) {
    while (keys.keys.size() < count && keys.keys.append() != nullptr) {
    }
  }
  for (TrustedKey& key : keys.keys) {
    uint8_t roles = key.roles;
    archive.bytes(key.public_key).u8(roles);
    key.roles = roles & kKnownRoles;
  }
  return archive.ok() && keys.keys.size() == count;
}

void transcribe_purpose(Archive& archive, uint32_t& purpose, TrustedKeys& keys) {
  archive.u32(purpose);
  for (TrustedKey& key : keys.keys) {
    ModelBits models = key.models;
    archive.u8(models);
    key.models = models & kAllModels;
  }
  archive.bytes(keys.approvals);
}

void transcribe(Archive& archive, LogWitness& witness) {
  archive.u64(witness.head.size)
      .digest(witness.head.root)
      .one_of(witness.standing, Witness::kSplit)
      .u64(witness.conflict.size)
      .digest(witness.conflict.root);
}

/// None may release anything.
void make_stale(TrustedKeys& keys) {
  keys.stale = true;
  for (TrustedKey& key : keys.keys) key.models = 0;
  keys.approvals = {};
}

}  // namespace

uint32_t DeviceRecord::purpose(const Name& hardware_class, const ModelNames& models) {
  uint32_t crc = crc32c(as_bytes(hardware_class.view()));
  for (const Name& model : models) {
    crc = crc32c(as_bytes("/"), crc);
    crc = crc32c(as_bytes(model.view()), crc);
  }
  return crc;
}

RecordPair::Found DeviceRecord::load(Journal& journal, uint32_t purpose, ReportOrder& identity,
                                     TrustedKeys& keys, LogWitness& witness) {
  uint8_t buffer[kMaxSize];
  MutableBytes body;
  const RecordPair::Found found = pair_.load({journal, kDeviceKind, 0}, buffer, body);
  if (found != RecordPair::Found::kValid) return found;
  Archive archive(body, Archive::Mode::kLoad);
  keys = {};
  const bool whole = transcribe(archive, identity, keys);
  if (!whole || identity.incarnation == 0) return RecordPair::Found::kDamaged;
  // Earlier records end here; those of a build with another limit of models are longer or shorter,
  // but never as much as a witness.
  static_assert(sizeof(uint32_t) + kMaxKeys + 8 < kWitnessSize);
  const size_t rest = body.size() - archive.position();
  const size_t seen = rest < kWitnessSize ? 0 : kWitnessSize;
  uint32_t stored = 0;
  const bool fits = rest - seen == sizeof stored + keys.keys.size() + kMaxModels;
  if (fits) transcribe_purpose(archive, stored, keys);
  if (!fits || stored != purpose) make_stale(keys);
  witness = {};
  Archive tail(body.last(seen), Archive::Mode::kLoad);
  if (seen != 0) transcribe(tail, witness);
  return tail.ok() ? found : RecordPair::Found::kDamaged;
}

Status DeviceRecord::save(Journal& journal, uint32_t purpose, const ReportOrder& identity,
                          const TrustedKeys& keys, const LogWitness& witness) {
  uint8_t buffer[kMaxSize];
  Archive archive(RecordPair::body_of(buffer), Archive::Mode::kStore);
  // A storing archive leaves its fields as they are.
  TrustedKeys& fields = const_cast<TrustedKeys&>(keys);
  const bool whole = transcribe(archive, const_cast<ReportOrder&>(identity), fields);
  transcribe_purpose(archive, purpose, fields);
  if (witness.head.size != 0) transcribe(archive, const_cast<LogWitness&>(witness));
  FLOTILLA_ASSERT(whole && archive.ok());
  return pair_.save({journal, kDeviceKind, 0}, buffer, archive.position());
}

}  // namespace flotilla::edge
