#pragma once

#include <cstdint>

#include "schemas/base/bytes.h"

namespace flotilla {

/// CRC-32C (Castagnoli, reflected, RFC 3720 appendix B.4): a guard against accidents in records,
/// never against people. `crc` continues an earlier value. A table of 16 entries and a nibble a
/// step where the compiler optimises for size; else 8 KB and 8 bytes a step (M. Kounavis, F. Berry,
/// "A systematic approach to building high performance software-based CRC generators", 2005).
uint32_t crc32c(Bytes bytes, uint32_t crc = 0);

}  // namespace flotilla
