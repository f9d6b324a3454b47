#pragma once

#include <algorithm>
#include <string>

#include "schemas/base/bytes.h"

/// How an input of fuzz_applier is laid out.
namespace flotilla::testing {

struct ApplierInput {
  static constexpr size_t kHeader = 7;
  static constexpr uint8_t kOwnHeader = 1;    ///< the payload is only a stream: a header is made
  static constexpr uint8_t kLarge = 2;        ///< ... of the large profile
  static constexpr uint8_t kWithoutBase = 4;  ///< ... that does not name the base
  static constexpr uint8_t kMoreMemory = 8;   ///< than the large profile needs

  uint8_t flags = 0;
  uint16_t offset = 0;
  uint16_t length = 1;
  Bytes base;
  Bytes payload;

  static bool parse(Bytes input, ApplierInput& out) {
    if (input.size() < kHeader) return false;
    out.flags = input[0];
    out.offset = load_u16_le(input.data() + 1);
    out.length = std::max<uint16_t>(load_u16_le(input.data() + 3) % 8192, 1);
    const Bytes rest = input.subspan(kHeader);
    out.base = rest.first(std::min<size_t>(load_u16_le(input.data() + 5), rest.size()));
    out.payload = rest.subspan(out.base.size());
    return true;
  }
  std::string bytes() const {
    uint8_t header[kHeader] = {flags};
    store_u16_le(header + 1, offset);
    store_u16_le(header + 3, length);
    store_u16_le(header + 5, static_cast<uint16_t>(base.size()));
    return std::string(as_text(header)).append(as_text(base)).append(as_text(payload));
  }
};

}  // namespace flotilla::testing
