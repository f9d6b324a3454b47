#pragma once

#include "schemas/base/bytes.h"

namespace flotilla::sim {

/// How many of the bytes are complete MQTT packets, from the first on (MQTT 5.0, section 2.1.1:
/// type, then the remaining length in 1 to 4 bytes). All of them when they cannot be MQTT: the
/// session has to see it.
size_t whole_packets(Bytes bytes);

}  // namespace flotilla::sim
