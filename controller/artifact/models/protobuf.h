#pragma once

#include "controller/artifact/models/reading.h"

namespace flotilla::controller {

/// A range of the file.
struct Range {
  uint64_t begin = 0;
  uint64_t end = 0;

  uint64_t size() const { return end - begin; }
};

/// One field of a protobuf message, as the wire has it.
struct ProtoField {
  enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

  uint32_t number = 0;
  Type type = Type::kVarint;
  uint64_t value = 0;  ///< of kVarint
  Range range;         ///< of kLength: its content; of the others: their bytes

  bool is_message(uint32_t wanted) const { return number == wanted && type == Type::kLength; }
  bool is_varint(uint32_t wanted) const { return number == wanted && type == Type::kVarint; }
};

/// Walks the fields of one message. Source: protobuf.dev, "Encoding".
class ProtoCursor {
 public:
  ProtoCursor(Reading& reading, Range message) : reading_(reading), rest_(message) {}

  /// The next field; false at the end and after a fault.
  bool next(ProtoField& field);
  /// The next varint of a packed field; false at the end and after a fault.
  bool next_varint(uint64_t& value);

 private:
  bool varint(uint64_t& value);
  bool take(uint64_t size, Range& range);

  Reading& reading_;
  Range rest_;
};

}  // namespace flotilla::controller
