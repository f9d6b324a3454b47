#pragma once

#include <cstdint>

/// The tables of docs/spec/delta-format.md, section 12, as the page has them.
namespace flotilla::testing {

extern const uint16_t kSpecLog2[64];
extern const uint16_t kSpecLogistic[23];
extern const uint16_t kSpecWidth[240];
extern const uint16_t kSpecWidthByTrend[96];
extern const uint16_t kSpecTop[128];
extern const uint16_t kSpecExponent[64];
extern const uint16_t kSpecExponentByTrend[64];
extern const uint16_t kSpecFlip[64];
extern const uint16_t kSpecMantissa[128];

}  // namespace flotilla::testing
