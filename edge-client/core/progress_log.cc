#include "edge-client/core/progress_log.h"

#include "edge-client/core/archive.h"
#include "schemas/base/crc32c.h"

namespace flotilla::edge {
namespace {

constexpr size_t kCovered = ProgressLog::kEntrySize - 4;

void transcribe(Archive& archive, ProgressEntry& entry) {
  archive.u64(entry.transfer)
      .u32(entry.index)
      .u32(entry.output_offset)
      .u32(entry.output_length)
      .bytes(entry.digest);
}

constexpr uint8_t kErased = 0xFF;

bool has_room(Journal& journal, uint32_t next) {
  const uint32_t capacity = journal.capacity(JournalArea::kProgress);
  return capacity >= ProgressLog::kEntrySize && next <= capacity - ProgressLog::kEntrySize;
}

}  // namespace

Status ProgressLog::clear(Journal& journal, uint8_t model) {
  next_ = 0;
  FLOTILLA_TRY(journal.erase(JournalArea::kProgress, model));
  return journal.sync(JournalArea::kProgress, model);
}

Status ProgressLog::append(Journal& journal, uint8_t model, const ProgressEntry& entry) {
  if (!has_room(journal, next_)) return Status(Code::kResourceExhausted, "progress log is full");
  uint8_t raw[kEntrySize];
  Archive archive(raw, Archive::Mode::kStore);
  ProgressEntry stored = entry;
  transcribe(archive, stored);
  store_u32_le(raw + kCovered, crc32c({raw, kCovered}));
  const uint32_t at = next_;
  next_ += kEntrySize;  // also after an error: the place may no longer be erased
  FLOTILLA_TRY(journal.write(JournalArea::kProgress, model, at, raw));
  return journal.sync(JournalArea::kProgress, model);
}

ProgressLog::Found ProgressLog::read_next(Journal& journal, uint8_t model, ProgressEntry& entry) {
  uint8_t raw[kEntrySize];
  if (!has_room(journal, next_)) return Found::kEnd;
  if (!journal.read(JournalArea::kProgress, model, next_, raw).ok()) {
    next_ += kEntrySize;
    return Found::kDamaged;
  }
  if (is_all(raw, kErased)) return Found::kEnd;
  next_ += kEntrySize;
  if (crc32c({raw, kCovered}) != load_u32_le(raw + kCovered)) return Found::kDamaged;
  Archive archive(raw, Archive::Mode::kLoad);
  transcribe(archive, entry);
  return Found::kEntry;
}

}  // namespace flotilla::edge
