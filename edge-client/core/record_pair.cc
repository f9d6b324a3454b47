#include "edge-client/core/record_pair.h"

#include "schemas/base/assert.h"
#include "schemas/base/crc32c.h"

namespace flotilla::edge {
namespace {

bool is_erased(Bytes bytes) {
  for (uint8_t byte : bytes) {
    if (byte != 0xFF) return false;
  }
  return true;
}

}  // namespace

RecordPair::CopyState RecordPair::read_copy(Journal& journal, const RecordKind& kind, uint8_t model,
                                            int copy, MutableBytes buffer, uint64_t& sequence,
                                            size_t& size) {
  const JournalArea area = kind.copies[copy];
  const MutableBytes header = buffer.first(kHeaderSize);
  if (!journal.read(area, model, 0, header).ok()) return CopyState::kUnreadable;
  if (is_erased(header)) return CopyState::kBlank;
  size = load_u16_le(header.data() + 6);
  if (load_u32_le(header.data()) != kind.magic || load_u16_le(header.data() + 4) != kind.format ||
      size + kFrameSize > buffer.size()) {
    return CopyState::kDamaged;
  }
  const MutableBytes rest = buffer.subspan(kHeaderSize, size + 4);
  if (!journal.read(area, model, kHeaderSize, rest).ok()) return CopyState::kUnreadable;
  const uint32_t crc = crc32c(buffer.first(kHeaderSize + size));
  if (crc != load_u32_le(rest.data() + size)) return CopyState::kDamaged;
  sequence = load_u64_le(header.data() + 8);
  return CopyState::kValid;
}

RecordPair::Found RecordPair::load(Journal& journal, const RecordKind& kind, uint8_t model,
                                   MutableBytes buffer, MutableBytes& body) {
  CopyState states[2];
  uint64_t sequences[2] = {0, 0};
  size_t size = 0;
  for (int copy = 0; copy < 2; ++copy) {
    states[copy] = read_copy(journal, kind, model, copy, buffer, sequences[copy], size);
  }
  const bool first = states[0] == CopyState::kValid;
  const bool second = states[1] == CopyState::kValid;
  if (!first && !second) {
    sequence_ = 0;
    newest_ = 1;
    const auto either = [&](CopyState state) { return states[0] == state || states[1] == state; };
    if (either(CopyState::kUnreadable)) return Found::kUnreadable;
    return either(CopyState::kBlank) ? Found::kBlank : Found::kDamaged;
  }
  newest_ = second && (!first || sequences[1] > sequences[0]) ? 1 : 0;
  sequence_ = sequences[newest_];
  // The buffer holds copy 1 now.
  uint64_t again = 0;
  if (read_copy(journal, kind, model, newest_, buffer, again, size) != CopyState::kValid) {
    return Found::kUnreadable;
  }
  body = buffer.subspan(kHeaderSize, size);
  return Found::kValid;
}

Status RecordPair::save(Journal& journal, const RecordKind& kind, uint8_t model,
                        MutableBytes buffer, size_t body_size) {
  FLOTILLA_ASSERT(body_size + kFrameSize <= buffer.size() && body_size <= UINT16_MAX);
  // Also a failed attempt uses up its number: what it left behind may be valid after all, and must
  // lose against the next record.
  ++sequence_;
  store_u32_le(buffer.data(), kind.magic);
  store_u16_le(buffer.data() + 4, kind.format);
  store_u16_le(buffer.data() + 6, static_cast<uint16_t>(body_size));
  store_u64_le(buffer.data() + 8, sequence_);
  const size_t covered = kHeaderSize + body_size;
  store_u32_le(buffer.data() + covered, crc32c(buffer.first(covered)));
  const uint8_t copy = newest_ ^ 1;
  const JournalArea area = kind.copies[copy];
  FLOTILLA_TRY(journal.erase(area, model));
  FLOTILLA_TRY(journal.write(area, model, 0, buffer.first(covered + 4)));
  FLOTILLA_TRY(journal.sync(area, model));
  newest_ = copy;
  return ok_status();
}

}  // namespace flotilla::edge
