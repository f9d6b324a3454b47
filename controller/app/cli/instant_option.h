#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace flotilla::controller::app {

/// Milliseconds since 1970 of "2026-05-01T12:00:00Z", "2026-05-01 12:00:00" or "2026-05-01" (UTC),
/// to the end of the second or day.
std::optional<int64_t> read_instant(const std::string& text);

}  // namespace flotilla::controller::app
