#pragma once

#include "edge-client/ports/journal.h"

namespace flotilla::edge {

/// What distinguishes the records that share the two-copy scheme.
struct RecordKind {
  uint32_t magic;
  uint16_t format;
  JournalArea copies[2];
};

/// Where one record is kept.
struct RecordPlace {
  Journal& journal;
  const RecordKind& kind;
  uint8_t model;
};

/// A small record kept twice (docs/spec/journal.md). Saving rewrites the copy that is not the
/// newest valid one, so at every instant one copy can be read; the larger sequence wins.
///
///   magic u32 | format u16 | body size u16 | sequence u64 | body | CRC-32C u32 of all before
class RecordPair {
 public:
  static constexpr size_t kHeaderSize = 16;
  static constexpr size_t kFrameSize = kHeaderSize + 4;

  enum class Found : uint8_t {
    kForeign,     ///< valid, but not meant for this reader
    kBlank,       ///< never written, or only a first write that was cut
    kDamaged,     ///< both copies were written once, and neither is whole
    kUnreadable,  ///< the medium refused, and nothing else was found: try again later
    kValid,
  };

  /// Reads the newest valid copy into `buffer`; `body` becomes its part of the buffer.
  Found load(const RecordPlace& place, MutableBytes buffer, MutableBytes& body);

  /// Where the caller puts the body before save().
  static MutableBytes body_of(MutableBytes buffer) { return buffer.subspan(kHeaderSize); }

  /// Frames the body that lies in `buffer` and makes it durable. After an error the copy that was
  /// valid before still is, and the torn one is written again next time.
  Status save(const RecordPlace& place, MutableBytes buffer, size_t body_size);

 private:
  enum class CopyState : uint8_t { kBlank, kDamaged, kUnreadable, kValid };

  static CopyState read_copy(const RecordPlace& place, uint8_t copy, MutableBytes buffer);

  uint64_t sequence_ = 0;  ///< of the newest record, valid or attempted
  uint8_t newest_ = 1;     ///< copy that save() must not touch
};

}  // namespace flotilla::edge
