#include "controller/artifact/models/json.h"

namespace flotilla::controller {

Json parse_json(Reading& reading, std::string_view text, uint64_t base,
                const Json::parser_callback_t& keep) {
  try {
    return Json::parse(text.begin(), text.end(), keep);
  } catch (const Json::parse_error& error) {
    reading.fail("not valid JSON", base + error.byte);
  } catch (const Json::exception&) {
    reading.fail("JSON with a number out of range", base);
  }
  return nullptr;
}

uint64_t whole_number(Reading& reading, const Json& value, uint64_t at, std::string_view subject) {
  if (value.is_number_unsigned()) return value.get<uint64_t>();
  reading.fail("a size or offset that is no whole number", at, subject);
  return 0;
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<uint64_t> numbers_of(Reading& reading, const Json& object, const char* key, uint64_t at,
                                 std::string_view subject) {
  std::vector<uint64_t> out;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array() || found->size() > kMaxTensorRank) {
    reading.fail("no list of at most 32 numbers where one must be", at, subject);
    return out;
  }
  for (const Json& value : *found) out.push_back(whole_number(reading, value, at, subject));
  return out;
}

}  // namespace flotilla::controller
