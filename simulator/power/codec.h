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
/// Copies, patches, literals, and numbers of every type by their differences, in turn.
std::vector<uint8_t> encode_delta(Bytes base, Bytes target, CodecRange range);

}  // namespace flotilla::edge::test
