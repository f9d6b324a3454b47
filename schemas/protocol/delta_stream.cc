#include "schemas/protocol/delta_stream.h"

#include <cstddef>
#include <type_traits>

namespace flotilla::delta {
namespace {

template <typename Row, size_t N>
void reset_all(Row (&rows)[N]) {
  for (Row& row : rows) {
    if constexpr (std::is_array_v<Row>) {
      reset_all(row);
    } else {
      row = kProbabilityStart;
    }
  }
}

}  // namespace

void Model::reset() {
  reset_all(op);
  reset_all(length_width);
  reset_all(distance_width);
  reset_all(byte);
}

}  // namespace flotilla::delta
