#pragma once

#include <string>

#include "controller/api/json.h"

/// What was found in a model file, for people.
namespace flotilla::controller::app {

/// One line of a summary (schema FactsSummary): "onnx, 3,200,000 parameters, int8 per channel ...".
std::string facts_line(const api::Json& summary);

/// Everything (schema ModelFacts): totals, operators, inputs and outputs, the tensors. Without
/// `all`, the 20 largest of these.
std::string facts_text(const api::Json& facts, bool all, size_t width);

}  // namespace flotilla::controller::app
