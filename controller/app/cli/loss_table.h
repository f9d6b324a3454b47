#pragma once

#include <string>

#include "controller/api/json.h"

/// Delta-aware versions, for people.
namespace flotilla::controller::app {

inline constexpr const char* kStepHelp =
    "Round weights to this part of what the update typically changes, 0.001 to 1";

/// "version 2 rounded for base 1, step 0.25"; "-" without a lineage.
std::string lineage_text(const api::Json& lineage);

/// A table of what rounding did to each tensor: those of `tensors` (tensor_loss_json()) that moved
/// most; without `all`, 20 of them. `whole` has the figures over all of them.
std::string loss_table(const api::Json& tensors, const api::Json& whole, bool all);

/// The same from a delta-aware version's document, class by class; empty for another document.
std::string loss_text(const std::string& document, bool all);

}  // namespace flotilla::controller::app
