#pragma once

#include "edge-client/adapters/model_folder.h"
#include "schemas/base/status.h"

namespace flotilla::edge {

/// Makes the folder's `active` link name the slot, or removes it for Slot::kNone: atomic, durable,
/// idempotent. From here on the slot's file is read-only, which also bars it from being resumed.
Status set_active(const ModelFolder& folder, Slot slot);
/// The slot that the link names; kNone without one.
Slot read_active(const ModelFolder& folder);

}  // namespace flotilla::edge
