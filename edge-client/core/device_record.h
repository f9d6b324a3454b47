#pragma once

#include "edge-client/core/record_pair.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// What is durable about the device as a whole: who it is in the order of reports, and whom it
/// trusts.
class DeviceRecord {
 public:
  /// Bytes of a copy, with frame: a keyset of kMaxKeys keys and 64 bytes.
  static constexpr size_t kMaxSize = RecordPair::kFrameSize + 64 + kMaxKeys * 65;

  /// `identity.seq` is not stored: each boot starts at 0 with a larger boot count. `keyset` is only
  /// meaningful when the answer is kValid.
  RecordPair::Found load(Journal& journal, ReportOrder& identity, Keyset& keyset);
  Status save(Journal& journal, const ReportOrder& identity, const Keyset& keyset);

 private:
  RecordPair pair_;
};

}  // namespace flotilla::edge
