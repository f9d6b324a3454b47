#pragma once

#include "edge-client/ports/journal.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// One chunk that was written and read back.
struct ProgressEntry {
  static constexpr size_t kDigestSize = 16;

  TransferId transfer = 0;
  uint32_t index = 0;
  uint32_t output_offset = 0;  ///< images end below 2^31
  uint32_t output_length = 0;
  uint8_t digest[kDigestSize] = {};  ///< first bytes of the SHA-256 of the range as read back
};

/// Append-only log of one model's transfer (docs/spec/journal.md). At most a hint: whoever reads it
/// compares the digests with the storage. Entries are never rewritten; one that was cut is skipped.
class ProgressLog {
 public:
  static constexpr uint32_t kEntrySize = 40;

  enum class Found : uint8_t { kEntry, kDamaged, kEnd };

  /// Empties the log, durably.
  Status clear(Journal& journal, uint8_t model);
  /// Durable on return. kResourceExhausted when the log is full.
  Status append(Journal& journal, uint8_t model, const ProgressEntry& entry);

  /// Reading from the start; appending goes on after the last entry found.
  void rewind() { next_ = 0; }
  Found read_next(Journal& journal, uint8_t model, ProgressEntry& entry);

 private:
  uint32_t next_ = 0;  ///< offset of the next entry to read or append
};

}  // namespace flotilla::edge
