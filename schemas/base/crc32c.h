#pragma once

#include <cstdint>

#include "schemas/base/bytes.h"

namespace flotilla {

/// CRC-32C (Castagnoli, reflected, RFC 3720 appendix B.4): a guard against accidents in records,
/// never against people. `crc` continues an earlier value. Table of 16 entries, one nibble a step.
uint32_t crc32c(Bytes bytes, uint32_t crc = 0);

}  // namespace flotilla
