#pragma once

#include <cstdint>

/// Codec 1, "byte operations": what the encoder (controller) and the applier (device) must agree
/// on. docs/spec/delta-stream.md describes the bytes. Each chunk's payload is one range-coded
/// stream of its own: fresh probabilities, absolute output range, so chunks decode in any order.
///
///   chunk   := op* until exactly output_length bytes were produced
///   op      := kind length [distance] [bytes]
///   kind    : tree of kOpBits, Model::op[kind of the previous op; first: kCopy]
///   length  : number n >= 1 with Model::length_width; more than the chunk still lacks: malformed
///   distance: kCopy and kAdd only: number n with Model::distance_width;
///             base offset = expected + unzigzag(n - 1); base range outside the base: malformed.
///             expected is the base cursor: output_offset at the start of a chunk, then the end of
///             the last base range used, advanced by the length of each kLiteral or kRaw op
///   bytes   : kCopy: none, new = base. kAdd: `length` symbols, new = base + symbol (mod 256).
///             kLiteral: `length` symbols, new = symbol; both: tree of 8 bits,
///             Model::byte[0 for kAdd, 1 for kLiteral][absolute output offset mod kLanes].
///             kRaw: 8 x `length` uncoded bits, each byte high bit first
///   number  : n >= 1. Tree of kWidthBits gives w (above kMaxWidth: malformed), then w uncoded
///             bits, high first: n = 2^w + those bits
///   tree    : node = 1; for each bit, high first: node = 2 * node + bit(probabilities[node]).
///             Element 0 of every array is unused
///
/// The coder is the binary adaptive range coder of LZMA with 32-bit `range` and `code`:
///
///   start      range = 2^32 - 1, code = first 4 payload bytes, big-endian
///   bit(p)     bound = (range >> 11) * p;
///              code < bound: bit is 0, range = bound, p += (2048 - p) >> 5;
///              otherwise:    bit is 1, code -= bound, range -= bound, p -= p >> 5; then normalise
///   uncoded    range >>= 1; code < range: bit is 0; otherwise bit is 1, code -= range;
///              then normalise
///   normalise  if range < 2^24: range <<= 8, code = code << 8 | next payload byte (once is enough)
///
/// Normalising comes directly after each bit, also after the last one: that defines how many bytes
/// a chunk consumes (4 + the number of normalisations). Payload bytes missing at the end read as 0,
/// so the encoder cuts trailing zeros, down to an empty payload; a payload that is *longer* than
/// what its ops consume is malformed. The encoder propagates carries through a cached byte, drops
/// LZMA's first byte, which is always 0, and ends with the value of its final interval that has the
/// most trailing zero bits.
///
/// The applier needs no more checks than the "malformed" ones: arithmetic on offsets is 64 bits
/// wide and cannot overflow, and the digest of the stored image decides whether the bytes are
/// right.
namespace flotilla::delta {

enum class Op : uint8_t { kCopy = 0, kAdd = 1, kLiteral = 2, kRaw = 3 };

inline constexpr int kProbabilityBits = 11;
inline constexpr int kAdaptationShift = 5;
inline constexpr uint16_t kProbabilityStart = 1u << (kProbabilityBits - 1);
inline constexpr uint32_t kNormalizeBelow = 1u << 24;
inline constexpr int kOpBits = 2;
inline constexpr int kWidthBits = 6;
inline constexpr uint64_t kMaxWidth = 32;  ///< numbers stay below 2^33
inline constexpr uint32_t kLanes = 4;

/// Adaptive state of one chunk; the whole decoder memory that codec 1 declares, besides the
/// windows of the applier.
struct Model {
  uint16_t op[4][1u << kOpBits];
  uint16_t length_width[1u << kWidthBits];
  uint16_t distance_width[1u << kWidthBits];
  uint16_t byte[2][kLanes][256];  ///< [0] kAdd, [1] kLiteral

  void reset();
};

constexpr uint64_t zigzag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

/// Decoder memory that a codec 1 transfer declares: the model plus two windows of the applier.
inline constexpr uint32_t kWindowSize = 256;
inline constexpr uint32_t kDecoderMemory = sizeof(Model) + 2 * kWindowSize;

}  // namespace flotilla::delta
