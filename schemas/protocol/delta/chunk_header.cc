#include "schemas/protocol/delta/chunk_header.h"

namespace flotilla::delta {
namespace {

constexpr uint8_t kHasBase = 0x80;

/// LEB128, at most 5 bytes.
size_t write_varint(uint32_t value, uint8_t* out) {
  size_t size = 0;
  for (; value >= 0x80; value >>= 7) out[size++] = static_cast<uint8_t>(value | 0x80);
  out[size++] = static_cast<uint8_t>(value);
  return size;
}

bool read_varint(Bytes& bytes, uint32_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (bytes.empty()) return false;
    const uint32_t byte = bytes[0];
    bytes = bytes.subspan(1);
    value |= (byte & 0x7F) << shift;
    if (byte < 0x80) return shift < 28 || byte < 0x10;
  }
  return false;
}

bool read_u32(Bytes& bytes, uint32_t& value) {
  if (bytes.size() < 4) return false;
  value = load_u32_le(bytes.data());
  bytes = bytes.subspan(4);
  return true;
}

}  // namespace

size_t write_chunk_header(const ChunkHeader& header, uint8_t* out) {
  const bool has_base = header.base_length != 0;
  size_t size = 0;
  out[size++] = static_cast<uint8_t>(header.profile | (has_base ? kHasBase : 0));
  store_u32_le(out + size, header.output_checksum);
  size += 4;
  if (!has_base) return size;
  size += write_varint(header.base_begin, out + size);
  size += write_varint(header.base_length, out + size);
  store_u32_le(out + size, header.base_checksum);
  return size + 4;
}

bool read_chunk_header(Bytes& payload, ChunkHeader& header) {
  if (payload.empty()) return false;
  const uint8_t first = payload[0];
  payload = payload.subspan(1);
  header = {};
  header.profile = first & ~kHasBase;
  if (header.profile >= kProfileCount || !read_u32(payload, header.output_checksum)) return false;
  if ((first & kHasBase) == 0) return true;
  return read_varint(payload, header.base_begin) && read_varint(payload, header.base_length) &&
         header.base_length != 0 && read_u32(payload, header.base_checksum);
}

}  // namespace flotilla::delta
