#pragma once

#include <string>

#include "controller/api/json.h"

/// How a rollout under way is shown; pure text.
namespace flotilla::controller::app {

/// A picture of several lines: a bar for each hardware class, counts, failures.
std::string draw_rollout(const api::Json& rollout, size_t width);

/// Each line cut to `width` characters, so that a terminal does not wrap it.
std::string fit_lines(const std::string& text, size_t width);

/// One line: state, counts and the newest reason. Equal lines mean that nothing to tell changed.
std::string describe_rollout(const api::Json& rollout);

/// Neither running nor about to.
bool is_over(const api::Json& rollout);

}  // namespace flotilla::controller::app
