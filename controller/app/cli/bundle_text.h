#pragma once

#include "controller/api/json.h"
#include "controller/artifact/proof/proof_bundle.h"

namespace flotilla::controller::app {

/// What a bundle that holds says, for programs and for people.
api::Json bundle_json(const proof::BundleFacts& facts);
void print_bundle(const proof::BundleFacts& facts);

}  // namespace flotilla::controller::app
