#include "schemas/base/fixed_string.h"

/// Header-only parts of the base, instantiated without an optimiser that could hide what they need.
namespace flotilla {

template class FixedString<8>;

}  // namespace flotilla
