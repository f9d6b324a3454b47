#pragma once

#include <stdexcept>

namespace flotilla::edge {

/// Wrong configuration; what() names file, key and what is allowed.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace flotilla::edge
