#include "edge-client/mqtt/codec/reader.h"

#include "edge-client/mqtt/codec/text.h"

namespace flotilla::mqtt {

uint8_t Reader::u8() {
  const Bytes field = take(1);
  return field.empty() ? uint8_t{0} : field[0];
}

uint16_t Reader::u16() {
  const Bytes field = take(2);
  return field.empty() ? uint16_t{0} : load_u16_be(field.data());
}

uint32_t Reader::u32() {
  const Bytes field = take(4);
  return field.empty() ? 0 : load_u32_be(field.data());
}

uint32_t Reader::varint() {
  VarintDecoder decoder;
  while (!failed_) {
    switch (decoder.push(u8())) {
      case VarintDecoder::Progress::kMore:
        break;
      case VarintDecoder::Progress::kDone:
        return decoder.value();
      case VarintDecoder::Progress::kBad:
        fail();
        break;
    }
  }
  return 0;
}

Bytes Reader::take(size_t count) {
  if (count > bytes_.size()) return fail();
  const Bytes field = bytes_.first(count);
  bytes_ = bytes_.subspan(count);
  return field;
}

Bytes Reader::binary() {
  return take(u16());
}

Bytes Reader::text() {
  const Bytes field = binary();
  return is_valid_text(field) ? field : fail();
}

Bytes Reader::fail() {
  bytes_ = {};
  failed_ = true;
  return {};
}

}  // namespace flotilla::mqtt
