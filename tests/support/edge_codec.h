#pragma once

#include <optional>
#include <vector>

#include "schemas/base/bytes.h"
#include "schemas/protocol/delta_stream.h"

/// A small encoder and a plain reference decoder of codec 1 for the device's tests; the encoder
/// that searches for good operations is the controller's.
namespace flotilla::edge::test {

struct CodecOp {
  delta::Op kind = delta::Op::kLiteral;
  uint32_t length = 0;
  uint64_t base_offset = 0;  ///< kCopy, kAdd
};

struct CodecRange {
  uint64_t offset = 0;
  uint32_t length = 0;
};

/// Encodes `target`'s range with exactly these operations, which must fit it.
std::vector<uint8_t> encode_ops(Bytes base, Bytes target, CodecRange range,
                                const std::vector<CodecOp>& ops);
/// One literal for everything.
std::vector<uint8_t> encode_full(Bytes target, CodecRange range);
/// Copies what is equal at the same offset, adds the rest where there is a base, else literals.
std::vector<uint8_t> encode_delta(Bytes base, Bytes target, CodecRange range);

/// The range's bytes, or nothing when the payload is malformed. Written from the format's
/// description without looking at the applier: no windows, no storage.
std::optional<std::vector<uint8_t>> reference_decode(Bytes base, CodecRange range, Bytes payload);

}  // namespace flotilla::edge::test
