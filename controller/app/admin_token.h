#pragma once

#include <string>

#include "controller/domain/records.h"
#include "schemas/protocol/hasher.h"

namespace flotilla::controller::app {

struct FreshToken {
  Token record;  ///< what the store keeps
  std::string text;
};

/// Bytes of the kernel's randomness; never fails on a running system.
void fill_random(MutableBytes out);

FreshToken make_admin_token(Hasher& hasher);

}  // namespace flotilla::controller::app
