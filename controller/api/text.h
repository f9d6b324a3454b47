#pragma once

#include <string>

#include "schemas/base/time.h"

/// Instants and spans in words.
namespace flotilla::controller::api {

/// "2026-05-01T12:00:00.000Z"; empty for the zero instant.
std::string time_text(WallTime time);
/// "3 min", "2 h", "5 days".
std::string span_text(Duration span);

}  // namespace flotilla::controller::api
