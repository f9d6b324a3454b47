#pragma once

#include "edge-client/core/device_config.h"
#include "edge-client/core/report_scheduler.h"
#include "edge-client/core/trust_store.h"
#include "schemas/base/prng.h"

namespace flotilla::edge {

/// What the parts of a device share; owned by the device.
struct Context {
  DevicePorts ports;
  MonoTime now;  ///< of the event being handled
  bool connected = false;
  MutableBytes decoder_memory;
  ReportScheduler reports;
  Counters counters;
  Prng random;
  DeviceConfig config;
  TrustStore trust;
};

}  // namespace flotilla::edge
