#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/artifact/proof/trust_check.h"

namespace flotilla::controller::app {

/// Whom to trust, as an auditor says it.
struct AnchorOptions {
  std::vector<std::string> files;     ///< public keys of roots (NAME.pub or PEM), or one keyset
  std::optional<uint32_t> threshold;  ///< of the keys, else all; a keyset brings its own
};

/// Why they cannot be used; nothing: `out` holds the roots, each once.
std::optional<std::string> read_anchor(const AnchorOptions& options, proof::Anchor& out);

}  // namespace flotilla::controller::app
