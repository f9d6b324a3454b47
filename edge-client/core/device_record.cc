#include "edge-client/core/device_record.h"

#include "edge-client/core/archive.h"
#include "schemas/base/assert.h"

namespace flotilla::edge {
namespace {

constexpr RecordKind kDeviceKind{0x56444C46,  // "FLDV"
                                 1,
                                 {JournalArea::kDevice0, JournalArea::kDevice1}};

void transcribe(Archive& archive, KeysetKey& key) {
  archive.bytes(key.public_key).u8(key.roles);
}

/// Everything but the keys themselves.
struct Head {
  ReportOrder identity;
  uint32_t epoch = 0;
  WallTime issued;
  uint8_t root_threshold = 0;
  uint8_t key_count = 0;
};

void transcribe(Archive& archive, Head& head) {
  archive.u64(head.identity.incarnation)
      .u32(head.identity.boot_count)
      .u32(head.epoch)
      .time(head.issued)
      .u8(head.root_threshold)
      .u8(head.key_count);
}

void transcribe(Archive& archive, LogWitness& witness) {
  archive.u64(witness.head.size)
      .digest(witness.head.root)
      .one_of(witness.standing, Witness::kSplit)
      .u64(witness.conflict.size)
      .digest(witness.conflict.root);
}

bool load_keys(Archive& archive, uint8_t count, Keyset& keyset) {
  keyset.keys.clear();
  for (uint8_t i = 0; i < count; ++i) {
    KeysetKey* key = keyset.keys.append();
    if (key == nullptr) return false;
    transcribe(archive, *key);
  }
  return archive.ok();
}

}  // namespace

RecordPair::Found DeviceRecord::load(Journal& journal, ReportOrder& identity, Keyset& keyset,
                                     LogWitness& witness) {
  uint8_t buffer[kMaxSize];
  MutableBytes body;
  const RecordPair::Found found = pair_.load({journal, kDeviceKind, 0}, buffer, body);
  if (found != RecordPair::Found::kValid) return found;
  Archive archive(body, Archive::Mode::kLoad);
  Head head;
  transcribe(archive, head);
  const bool known = head.identity.incarnation != 0 && load_keys(archive, head.key_count, keyset);
  witness = {};
  if (known && archive.position() != body.size()) transcribe(archive, witness);
  if (!known || !archive.ok() || archive.position() != body.size())
    return RecordPair::Found::kDamaged;
  identity = head.identity;
  keyset.epoch = head.epoch;
  keyset.issued = head.issued;
  keyset.root_threshold = head.root_threshold;
  return found;
}

Status DeviceRecord::save(Journal& journal, const ReportOrder& identity, const Keyset& keyset,
                          const LogWitness& witness) {
  uint8_t buffer[kMaxSize];
  Archive archive(RecordPair::body_of(buffer), Archive::Mode::kStore);
  Head head{identity, keyset.epoch, keyset.issued, keyset.root_threshold,
            static_cast<uint8_t>(keyset.keys.size())};
  transcribe(archive, head);
  for (KeysetKey key : keyset.keys) transcribe(archive, key);
  LogWitness seen = witness;
  if (seen.head.size != 0) transcribe(archive, seen);
  FLOTILLA_ASSERT(archive.ok());
  return pair_.save({journal, kDeviceKind, 0}, buffer, archive.position());
}

}  // namespace flotilla::edge
