#pragma once

#include "edge-client/core/log_witness.h"
#include "edge-client/core/record_pair.h"
#include "schemas/protocol/trusted_keys.h"

namespace flotilla::edge {

/// What is durable about the device as a whole: who it is in the order of reports, whom it trusts,
/// and what it has seen of the audit log.
class DeviceRecord {
 public:
  /// Bytes of a copy, with frame: kMaxKeys keys, a witness, and 64 bytes.
  static constexpr size_t kWitnessSize = 8 + 32 + 1 + 8 + 32;
  static constexpr size_t kMaxSize =
      RecordPair::kFrameSize + 64 + kMaxKeys * (64 + 1 + 1) + kMaxModels + kWitnessSize;

  static constexpr uint32_t kNoPurpose = 0;
  /// What the keys were reduced to: class and models, as a CRC-32C.
  static uint32_t purpose(const Name& hardware_class, const ModelNames& models);

  /// `identity.seq` is not stored: each boot starts at 0 with a larger boot count. What is loaded
  /// is only meaningful when the answer is kValid. Keys that were stored for another purpose are
  /// stale. A record of a device that has seen no checkpoint holds no witness.
  RecordPair::Found load(Journal& journal, uint32_t purpose, ReportOrder& identity,
                         TrustedKeys& keys, LogWitness& witness);
  Status save(Journal& journal, uint32_t purpose, const ReportOrder& identity,
              const TrustedKeys& keys, const LogWitness& witness);

 private:
  RecordPair pair_;
};

}  // namespace flotilla::edge
