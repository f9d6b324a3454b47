#pragma once

#include <string>

namespace flotilla::controller {

/// Why a step cannot be done, and what its author can do. Of a Result's Status only the code says
/// more.
struct OptimiseFault {
  std::string message;
  std::string remedy;
};

}  // namespace flotilla::controller
