#pragma once

#include "edge-client/core/log_witness.h"
#include "edge-client/core/record_pair.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// What is durable about the device as a whole: who it is in the order of reports, whom it trusts,
/// and what it has seen of the audit log.
class DeviceRecord {
 public:
  /// Bytes of a copy, with frame: a keyset of kMaxKeys keys, a witness, and 64 bytes.
  static constexpr size_t kMaxSize = RecordPair::kFrameSize + 64 + kMaxKeys * 65 + 81;

  /// `identity.seq` is not stored: each boot starts at 0 with a larger boot count. `keyset` and
  /// `witness` are only meaningful when the answer is kValid. A record of a device that has seen no
  /// checkpoint ends with the keys.
  RecordPair::Found load(Journal& journal, ReportOrder& identity, Keyset& keyset,
                         LogWitness& witness);
  Status save(Journal& journal, const ReportOrder& identity, const Keyset& keyset,
              const LogWitness& witness);

 private:
  RecordPair pair_;
};

}  // namespace flotilla::edge
