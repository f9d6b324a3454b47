#pragma once

#include "edge-client/ports/crypto.h"
#include "edge-client/ports/journal.h"
#include "edge-client/ports/model_runtime.h"
#include "edge-client/ports/outbox.h"
#include "edge-client/ports/slot_storage.h"
#include "schemas/base/fixed_vector.h"
#include "schemas/base/time.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// Everything fixed for the life of a device object.
struct DeviceConfig {
  DeviceId device;
  Name hardware_class;
  Name site;
  FixedString<32> software;
  FixedVector<Name, kMaxModels> models;
  uint32_t decoder_memory_limit = 0;       ///< bytes a transfer may declare
  uint32_t chunk_max = kDefaultChunkMax;   ///< payload bytes the chunk buffer can take
  Duration report_retry_min = seconds(2);  ///< first repetition of an unacknowledged report
  Duration report_retry_max = seconds(300);
  Duration health_interval = seconds(60);
  Duration group_timeout = seconds(30);  ///< ask for a group again after this much silence
  Duration self_test_limit = seconds(120);
  uint32_t max_refused_chunks = 64;  ///< bad chunks of one transfer before it fails
};

struct DevicePorts {
  Crypto& crypto;
  SlotStorage& storage;
  Journal& journal;
  ModelRuntime& runtime;
  Outbox& outbox;
};

/// What was refused or went wrong since the start, for the owner's log. Refused messages never
/// change the reported state by themselves: whoever can send garbage must not be able to end an
/// assignment.
struct Counters {
  uint32_t directives_refused = 0;
  uint32_t keysets_refused = 0;
  uint32_t offers_refused = 0;
  uint32_t chunks_refused = 0;
  uint32_t ignored = 0;  ///< messages for no current transfer, repeated directives, old chunks
  uint32_t journal_errors = 0;
  Reason last_refusal = Reason::kNone;
};

}  // namespace flotilla::edge
