#pragma once

#include <string>

#include "controller/artifact/proof/trust_check.h"

namespace flotilla::controller::app {

/// Reads whom to trust from a file: the root's public key (NAME.pub or PEM), or a keyset, whose
/// roots count.
Status read_anchor(const std::string& path, proof::Anchor& out);

}  // namespace flotilla::controller::app
