#include "controller/api/body_reader.h"

#include "controller/domain/grants.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

constexpr size_t kMaxLabels = 16;
constexpr size_t kMaxLabelText = 64;
constexpr size_t kMaxQuote = 60;

const Json& empty_array() {
  static const Json value = Json::array();
  return value;
}

const Json& null_value() {
  static const Json value;
  return value;
}

bool is_whole(const Json& value) {
  return value.is_number_unsigned() || (value.is_number_integer() && value.get<int64_t>() >= 0);
}

}  // namespace

std::string quote(const Json& value) {
  std::string text = to_text(value);
  if (text.size() > kMaxQuote) text = text.substr(0, kMaxQuote) + "...";
  return text;
}

std::string range_text(uint64_t low, uint64_t high) {
  return "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
}

BodyReader::BodyReader(const Json& object, std::string path)
    : object_(object), path_(std::move(path)) {
  if (object_.is_object()) return;
  fault_ = Refusal{Code::kInvalidArgument,
                   (path_.empty() ? "the body" : path_.substr(0, path_.size() - 1)) + " is " +
                       quote(object_) + "; it must be a JSON object",
                   "see GET /api/v1/openapi.json"};
}

bool BodyReader::has(const char* field) const {
  return object_.is_object() && object_.contains(field);
}

void BodyReader::fail(const char* field, const std::string& found, const std::string& allowed) {
  if (fault_) return;
  fault_ = Refusal{Code::kInvalidArgument, path_ + field + " is " + found,
                   path_ + field + " must be " + allowed};
}

void BodyReader::refuse(const Refusal& refusal) {
  if (!fault_) fault_ = refusal;
}

const Json* BodyReader::take(const char* field, Need need) {
  taken_.insert(field);
  if (!ok()) return nullptr;
  const auto found = object_.find(field);
  if (found != object_.end() && !found->is_null()) return &*found;
  if (need == Need::kRequired) fail(field, "missing", "given");
  return nullptr;
}

std::string BodyReader::text(const char* field, size_t max_bytes, Need need) {
  const Json* value = take(field, need);
  if (value == nullptr) return "";
  if (value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() <= max_bytes && (need == Need::kOptional || !text.empty())) return text;
  }
  fail(field, quote(*value), "text of at most " + std::to_string(max_bytes) + " bytes");
  return "";
}

std::string BodyReader::name(const char* field, Need need) {
  const Json* value = take(field, need);
  if (value == nullptr) return "";
  if (value->is_string() && is_valid_name(value->get_ref<const std::string&>())) {
    return value->get<std::string>();
  }
  fail(field, quote(*value), "1 to 32 characters of a-z, 0-9, _ and -");
  return "";
}

std::string BodyReader::pattern(const char* field) {
  std::string value = text(field, kMaxName + 1);
  if (ok() && !is_valid_pattern(value)) {
    fail(field, quote(value), "a name, the beginning of names and *, or * for all");
  }
  return value;
}

Digest BodyReader::digest(const char* field, Need need) {
  Digest out;
  const Json* value = take(field, need);
  if (value == nullptr) return out;
  if (value->is_string() && parse_hex(value->get_ref<const std::string&>(), out)) return out;
  fail(field, quote(*value), "a SHA-256 digest: 64 hexadecimal digits");
  return out;
}

uint64_t BodyReader::number(const char* field, uint64_t low, uint64_t high, uint64_t fallback) {
  const Json* value = take(field, Need::kOptional);
  if (value == nullptr) return fallback;
  if (is_whole(*value)) {
    const auto number = value->get<uint64_t>();
    if (number >= low && number <= high) return number;
  }
  fail(field, quote(*value), range_text(low, high));
  return fallback;
}

uint64_t BodyReader::required_number(const char* field, uint64_t low, uint64_t high) {
  if (take(field, Need::kRequired) == nullptr) return low;
  return number(field, low, high, low);
}

bool BodyReader::boolean(const char* field, bool fallback) {
  const Json* value = take(field, Need::kOptional);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  fail(field, quote(*value), "true or false");
  return fallback;
}

const Json& BodyReader::array(const char* field, size_t low, size_t high, Need need) {
  const Json* value = take(field, need);
  if (value == nullptr) return empty_array();
  if (value->is_array() && value->size() >= low && value->size() <= high) return *value;
  fail(field, quote(*value),
       "an array of " + std::to_string(low) + " to " + std::to_string(high) + " elements");
  return empty_array();
}

std::map<std::string, std::string> BodyReader::labels(const char* field) {
  std::map<std::string, std::string> out;
  const Json* value = take(field, Need::kOptional);
  if (value == nullptr) return out;
  bool good = value->is_object() && value->size() <= kMaxLabels;
  if (good) {
    for (const auto& [key, text] : value->items()) {
      good = good && is_valid_name(key) && text.is_string() &&
             text.get_ref<const std::string&>().size() <= kMaxLabelText;
      if (good) out[key] = text.get<std::string>();
    }
  }
  if (good) return out;
  fail(field, quote(*value), "an object of at most 16 names (a-z, 0-9, _, -) with text values");
  return {};
}

const Json& BodyReader::any(const char* field) {
  const Json* value = take(field, Need::kOptional);
  return value == nullptr ? null_value() : *value;
}

std::optional<Refusal> BodyReader::finish() {
  if (!ok()) return fault_;
  for (const auto& [key, value] : object_.items()) {
    if (taken_.contains(key)) continue;
    std::string known;
    for (const auto& field : taken_) known += (known.empty() ? "" : ", ") + field;
    return Refusal{Code::kInvalidArgument, path_ + key + " is not a known field",
                   "known fields here: " + known};
  }
  return std::nullopt;
}

}  // namespace flotilla::controller::api
