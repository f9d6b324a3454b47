#include "edge-client/mqtt/codec/reader.h"

#include "edge-client/mqtt/codec/text.h"

namespace flotilla::mqtt {

uint8_t Reader::u8() {
  const uint8_t* field = next(1);
  return field == nullptr ? uint8_t{0} : *field;
}

uint16_t Reader::u16() {
  const uint8_t* field = next(2);
  return field == nullptr ? uint16_t{0} : load_u16_be(field);
}

uint32_t Reader::u32() {
  const uint8_t* field = next(4);
  return field == nullptr ? 0 : load_u32_be(field);
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

const uint8_t* Reader::next(size_t count) {
  if (count > bytes_.size()) return fail().data();
  const uint8_t* field = bytes_.data();
  bytes_ = bytes_.subspan(count);
  return field;
}

Bytes Reader::take(size_t count) {
  const uint8_t* field = next(count);
  return failed_ ? Bytes() : Bytes(field, count);
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
