#pragma once

#include "edge-client/core/device_config.h"
#include "edge-client/core/report_scheduler.h"
#include "edge-client/core/trust_store.h"
#include "schemas/base/prng.h"

namespace flotilla::edge {

/// What the parts of a device share; owned by the device.
struct Context {
  DeviceConfig config;
  DevicePorts ports;
  MutableBytes decoder_memory;
  TrustStore trust;
  ReportScheduler reports;
  Prng random;
  Counters counters;
  MonoTime now;  ///< of the event being handled
  bool connected = false;
};

}  // namespace flotilla::edge
