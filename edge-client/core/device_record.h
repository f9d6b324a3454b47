#pragma once

#include "edge-client/core/record_pair.h"
#include "schemas/protocol/trusted_keys.h"

namespace flotilla::edge {

/// What is durable about the device as a whole: who it is in the order of reports, and whom it
/// trusts.
class DeviceRecord {
 public:
  /// Bytes of a copy, with frame: kMaxKeys keys and 64 bytes.
  static constexpr size_t kMaxSize =
      RecordPair::kFrameSize + 64 + kMaxKeys * (64 + 1 + 1) + kMaxModels;

  static constexpr uint32_t kNoPurpose = 0;
  /// What the keys were reduced to: class and models, as a CRC-32C.
  static uint32_t purpose(const Name& hardware_class, const ModelNames& models);

  /// `identity.seq` is not stored: each boot starts at 0 with a larger boot count. What is loaded
  /// is only meaningful when the answer is kValid. Keys that were stored for another purpose are
  /// stale.
  RecordPair::Found load(Journal& journal, uint32_t purpose, ReportOrder& identity,
                         TrustedKeys& keys);
  Status save(Journal& journal, uint32_t purpose, const ReportOrder& identity,
              const TrustedKeys& keys);

 private:
  RecordPair pair_;
};

}  // namespace flotilla::edge
