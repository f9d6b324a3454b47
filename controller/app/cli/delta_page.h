#pragma once

#include <string>

#include "controller/api/json.h"

namespace flotilla::controller::app {

/// A page of HTML that needs nothing else: the document of `model delta` as a picture, a rectangle
/// for each tensor, and as a table.
std::string delta_page(const api::Json& document);

}  // namespace flotilla::controller::app
