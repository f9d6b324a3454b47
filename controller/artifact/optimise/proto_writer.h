#pragma once

#include <string>

#include "schemas/base/bytes.h"

/// Writes protobuf fields. Source: protobuf.dev, "Encoding".
namespace flotilla::controller {

inline void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

inline void append_number(std::string& out, uint32_t field, uint64_t value) {
  append_varint(out, uint64_t{field} << 3);
  append_varint(out, value);
}

inline void append_bytes(std::string& out, uint32_t field, std::string_view content) {
  append_varint(out, uint64_t{field} << 3 | 2);
  append_varint(out, content.size());
  out.append(content);
}

}  // namespace flotilla::controller
