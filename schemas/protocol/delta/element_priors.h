#pragma once

#include <cstdint>

/// Where the probabilities of ElementModel begin: the shape that differences of trained weights
/// take around their expected size, averaged over chunks of published models and of their updates
/// (tests/bench/delta lists them). A zero bit's likelihood, in units of 1 / 256; what is not learnt
/// from data is 128. Part of the format.
namespace flotilla::delta::prior {

extern const uint8_t kWidth[240];           ///< by expected size, then tree node
extern const uint8_t kWidthByTrend[96];     ///< by coarse expected size
extern const uint8_t kTop[128];             ///< by width, then tree node
extern const uint8_t kExponent[64];         ///< by distance from zero
extern const uint8_t kExponentByTrend[64];  ///< by quarter octave
extern const uint8_t kFlip[64];             ///< by distance from zero, then exponent
extern const uint8_t kMantissa[128];        ///< by exponent, then tree node

}  // namespace flotilla::delta::prior
