#pragma once

#include "controller/domain/event.h"
#include "controller/domain/step_context.h"

/// Movable pointers to versions: `candidate`, `champion` and free ones.
namespace flotilla::controller::alias_board {

Refused move(StepContext& step, const MoveAlias& command);

/// The version on a class; 0: none.
uint32_t version_on(const Alias& alias, const std::string& hardware_class);

}  // namespace flotilla::controller::alias_board
