#include "controller/artifact/models/protobuf.h"

namespace flotilla::controller {

bool ProtoCursor::varint(uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && rest_.begin < rest_.end; shift += 7) {
    const uint8_t byte = reading_.file()[rest_.begin++];
    value |= uint64_t{byte & 0x7Fu} << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return reading_.fail("a number that does not end", rest_.begin);
}

bool ProtoCursor::take(uint64_t size, Range& range) {
  if (size > rest_.size()) return reading_.fail("a field ends beyond its message", rest_.begin);
  range = {rest_.begin, rest_.begin + size};
  rest_.begin = range.end;
  return true;
}

bool ProtoCursor::next_varint(uint64_t& value) {
  return reading_.ok() && rest_.begin < rest_.end && varint(value);
}

bool ProtoCursor::next(ProtoField& field) {
  uint64_t key = 0;
  const uint64_t at = rest_.begin;
  if (!next_varint(key)) return false;
  if (key >> 3 == 0 || key >> 3 > 0x1FFFFFFF) return reading_.fail("a field number 0", at);
  field.number = static_cast<uint32_t>(key >> 3);
  field.type = static_cast<ProtoField::Type>(key & 7);
  field.value = 0;
  field.range = {rest_.begin, rest_.begin};
  switch (field.type) {
    case ProtoField::Type::kVarint:
      if (!varint(field.value)) return false;
      field.range.end = rest_.begin;
      return true;
    case ProtoField::Type::kFixed64:
      return take(8, field.range);
    case ProtoField::Type::kLength: {
      uint64_t size = 0;
      return varint(size) && take(size, field.range);
    }
    case ProtoField::Type::kFixed32:
      return take(4, field.range);
  }
  return reading_.fail("a wire type that does not exist", at);
}

}  // namespace flotilla::controller
