#pragma once

#include "controller/api/json.h"
#include "schemas/protocol/hasher.h"
#include "schemas/protocol/messages.h"

namespace flotilla::controller::api {

/// Names of the roles, by bit: ["root","director"].
Json roles_json(uint8_t roles);
/// Epoch, threshold, keys with their ids, scopes, and approval rules.
Json keyset_json(Hasher& hasher, const Keyset& keyset);

}  // namespace flotilla::controller::api
