#include "edge-client/core/record_pair.h"

#include "schemas/base/assert.h"
#include "schemas/base/crc32c.h"

namespace flotilla::edge {
namespace {

constexpr uint8_t kErased = 0xFF;

size_t body_size(const uint8_t* header) {
  return load_u16_le(header + 6);
}

uint64_t sequence_of(const uint8_t* header) {
  return load_u64_le(header + 8);
}

}  // namespace

RecordPair::CopyState RecordPair::read_copy(const RecordPlace& place, uint8_t copy,
                                            MutableBytes buffer) {
  const Status read = place.journal.read(place.kind.copies[copy], place.model, 0, buffer);
  if (!read.ok()) return CopyState::kUnreadable;
  if (is_all(buffer.first(kHeaderSize), kErased)) return CopyState::kBlank;
  const uint8_t* header = buffer.data();
  const size_t covered = kHeaderSize + body_size(header);
  const bool whole = load_u32_le(header) == place.kind.magic &&
                     load_u16_le(header + 4) == place.kind.format && covered + 4 <= buffer.size() &&
                     crc32c(buffer.first(covered)) == load_u32_le(header + covered);
  return whole ? CopyState::kValid : CopyState::kDamaged;
}

RecordPair::Found RecordPair::load(const RecordPlace& place, MutableBytes buffer,
                                   MutableBytes& body) {
  const CopyState first = read_copy(place, 0, buffer);
  const uint64_t first_sequence = sequence_of(buffer.data());
  const CopyState second = read_copy(place, 1, buffer);
  newest_ = 1;
  if (first != CopyState::kValid && second != CopyState::kValid) {
    sequence_ = 0;
    const auto either = [&](CopyState state) { return first == state || second == state; };
    if (either(CopyState::kUnreadable)) return Found::kUnreadable;
    return either(CopyState::kBlank) ? Found::kBlank : Found::kDamaged;
  }
  const bool first_is_newer =
      second != CopyState::kValid ||
      (first == CopyState::kValid && first_sequence >= sequence_of(buffer.data()));
  if (first_is_newer) {
    newest_ = 0;
    if (read_copy(place, 0, buffer) != CopyState::kValid) return Found::kUnreadable;
  }
  sequence_ = sequence_of(buffer.data());
  body = buffer.subspan(kHeaderSize, body_size(buffer.data()));
  return Found::kValid;
}

Status RecordPair::save(const RecordPlace& place, MutableBytes buffer, size_t body_size) {
  FLOTILLA_ASSERT(body_size + kFrameSize <= buffer.size() && body_size <= UINT16_MAX);
  // Also a failed attempt uses up its number: what it left behind may be valid after all, and must
  // lose against the next record.
  ++sequence_;
  uint8_t* header = buffer.data();
  store_u32_le(header, place.kind.magic);
  store_u16_le(header + 4, place.kind.format);
  store_u16_le(header + 6, static_cast<uint16_t>(body_size));
  store_u64_le(header + 8, sequence_);
  const size_t covered = kHeaderSize + body_size;
  store_u32_le(header + covered, crc32c(buffer.first(covered)));
  const uint8_t copy = newest_ ^ 1;
  const JournalArea area = place.kind.copies[copy];
  FLOTILLA_TRY(place.journal.erase(area, place.model));
  FLOTILLA_TRY(place.journal.write(area, place.model, 0, buffer.first(covered + 4)));
  FLOTILLA_TRY(place.journal.sync(area, place.model));
  newest_ = copy;
  return ok_status();
}

}  // namespace flotilla::edge
