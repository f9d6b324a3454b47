#pragma once

#include <vector>

#include "schemas/base/bytes.h"

/// Payloads of single chunks for the device's tests, made by the controller's packer.
namespace flotilla::edge::test {

struct CodecRange {
  uint64_t offset = 0;
  uint32_t length = 0;
};

/// One literal for everything.
std::vector<uint8_t> encode_full(Bytes target, CodecRange range);
/// Of files of one size: numbers of all types by their differences. Otherwise copies what is equal
/// at the same offset, patches the rest where there is a base, else literals.
std::vector<uint8_t> encode_delta(Bytes base, Bytes target, CodecRange range);

}  // namespace flotilla::edge::test
