#pragma once

#include <string_view>

namespace flotilla::controller::api {

/// Our schemas use few patterns; each has its own check, so that no text can keep a regular
/// expression busy.
bool is_known_pattern(std::string_view pattern);

/// False for a pattern that is not known.
bool fits_pattern(std::string_view pattern, std::string_view text);

}  // namespace flotilla::controller::api
