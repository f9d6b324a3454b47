#include "schemas/protocol/delta/byte_model.h"

namespace flotilla::delta {

void BitSpan::reset() const {
  for (size_t i = 0; i < size; ++i) {
    zero[i] = kEven;
    count[i] = 0;
  }
}

void ByteModel::reset() {
  literal.reset();
  change.reset();
  literal_by_previous.reset();
  change_by_last.reset();
  same->reset();
  mixer[0].reset();
  mixer[1].reset();
}

}  // namespace flotilla::delta
