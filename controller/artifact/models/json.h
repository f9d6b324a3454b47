#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "controller/artifact/models/reading.h"

namespace flotilla::controller {

using Json = nlohmann::json;

/// Parses JSON of a hostile size within bounded memory: `keep(depth, event, value)` is asked for
/// every value (nlohmann::json::parser_callback_t) and answers whether it stays in the document.
/// `base` is where the text stands in the file. Null after a fault.
Json parse_json(Reading& reading, std::string_view text, uint64_t base,
                const Json::parser_callback_t& keep);

/// object[key] if it is a whole number from 0 on; else a fault about `subject`.
uint64_t whole_number(Reading& reading, const Json& value, uint64_t at, std::string_view subject);

/// The text object[key]; empty when it is missing or no text.
std::string text_of(const Json& object, const char* key);

/// The list of whole numbers object[key]; a fault when it is something else.
std::vector<uint64_t> numbers_of(Reading& reading, const Json& object, const char* key, uint64_t at,
                                 std::string_view subject);

}  // namespace flotilla::controller
