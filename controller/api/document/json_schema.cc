#include "controller/api/document/json_schema.h"

#include <algorithm>

#include "controller/api/body_reader.h"
#include "controller/api/document/text_patterns.h"

namespace flotilla::controller::api {

namespace {

constexpr std::string_view kKeywords[] = {
    "$schema", "$id",        "$ref",     "$defs",     "title",    "description",
    "type",    "properties", "required", "items",     "enum",     "const",
    "minimum", "maximum",    "pattern",  "minLength", "maxItems", "maxLength"};

bool is_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_number_integer();
  return type == "number" && value.is_number();
}

std::string type_text(const Json& type) {
  if (type.is_string())
    return (type == "integer" || type == "object" || type == "array" ? "an " : "a ") +
           type.get<std::string>();
  std::string out;
  for (const Json& one : type) out += (out.empty() ? "" : " or ") + one.get<std::string>();
  return out;
}

std::string choices(const Json& values) {
  std::string out;
  for (const Json& value : values) out += (out.empty() ? "" : ", ") + quote(value);
  return "one of " + out;
}

/// One comparison; `resolve` follows references.
class Check {
 public:
  Check(const Json& root, std::vector<SchemaFault>& faults) : root_(root), faults_(faults) {}

  void value(const Json& schema, const Json& found, const std::string& path) {
    const Json& rules = follow(schema);
    const std::string wrong = wrong_with(rules, found);
    if (!wrong.empty()) return fault(rules, path, quote(found), wrong);
    if (found.is_object()) members(rules, found, path);
    if (found.is_array() && rules.contains("items")) {
      for (size_t i = 0; i < found.size() && has_room(); ++i) {
        if (found[i].is_null()) continue;
        value(rules["items"], found[i], path + "[" + std::to_string(i) + "]");
      }
    }
  }

 private:
  bool has_room() const { return faults_.size() < JsonSchema::kMaxFaults; }

  const Json& follow(const Json& schema) const {
    const auto ref = schema.find("$ref");
    if (ref == schema.end()) return schema;
    const std::string pointer = ref->get<std::string>().substr(1);
    return follow(root_.at(Json::json_pointer(pointer)));
  }

  void fault(const Json& rules, const std::string& path, std::string found, std::string allowed) {
    if (!has_room()) return;
    const auto about = rules.find("description");
    if (about != rules.end()) allowed += ": " + about->get<std::string>();
    faults_.push_back({path, std::move(found), std::move(allowed)});
  }

  static std::string wrong_with(const Json& rules, const Json& found) {
    const auto type = rules.find("type");
    if (type != rules.end()) {
      const bool fits = type->is_string()
                            ? is_type(found, type->get_ref<const std::string&>())
                            : std::any_of(type->begin(), type->end(), [&](const Json& one) {
                                return is_type(found, one.get_ref<const std::string&>());
                              });
      if (!fits) return type_text(*type);
    }
    if (rules.contains("const") && rules["const"] != found) return quote(rules["const"]);
    const auto choice = rules.find("enum");
    if (choice != rules.end() &&
        std::find(choice->begin(), choice->end(), found) == choice->end()) {
      return choices(*choice);
    }
    if (found.is_number()) return wrong_with_number(rules, found);
    if (found.is_string()) return wrong_with_text(rules, found.get_ref<const std::string&>());
    const auto items = rules.find("maxItems");
    if (found.is_array() && items != rules.end() && found.size() > *items) {
      return "a list of at most " + items->dump() + " elements";
    }
    return "";
  }

  static std::string wrong_with_number(const Json& rules, const Json& found) {
    const auto low = rules.find("minimum");
    const auto high = rules.find("maximum");
    const bool fits =
        (low == rules.end() || found >= *low) && (high == rules.end() || found <= *high);
    if (fits) return "";
    if (high == rules.end()) return "a number from " + low->dump() + " on";
    return "a number from " + (low == rules.end() ? "" : low->dump()) + " to " + high->dump();
  }

  static std::string wrong_with_text(const Json& rules, const std::string& found) {
    const auto longest = rules.find("maxLength");
    if (longest != rules.end() && found.size() > *longest) {
      return "text of at most " + longest->dump() + " bytes";
    }
    const auto shortest = rules.find("minLength");
    if (shortest != rules.end() && found.size() < *shortest) {
      return "text of at least " + shortest->dump() + " bytes";
    }
    const auto pattern = rules.find("pattern");
    if (pattern == rules.end() || fits_pattern(pattern->get<std::string>(), found)) return "";
    return "text of this form";
  }

  void members(const Json& rules, const Json& found, const std::string& path) {
    const std::string stem = path.empty() ? "" : path + ".";
    const auto properties = rules.find("properties");
    if (properties == rules.end()) return;
    for (const Json& name : rules.value("required", Json::array())) {
      const std::string key = name.get<std::string>();
      if (found.contains(key) && !found[key].is_null()) continue;
      fault(follow((*properties)[key]), stem + key, "missing", "given");
    }
    for (const auto& [key, member] : found.items()) {
      const auto known = properties->find(key);
      if (known == properties->end() || member.is_null() || !has_room()) continue;
      value(*known, member, stem + key);
    }
  }

  const Json& root_;
  std::vector<SchemaFault>& faults_;
};

void collect_unknown(const Json& schema, std::vector<std::string>& out) {
  for (const auto& [key, value] : schema.items()) {
    if (std::find(std::begin(kKeywords), std::end(kKeywords), key) == std::end(kKeywords)) {
      out.push_back(key);
    }
    if (key == "pattern" && !is_known_pattern(value.get<std::string>())) out.push_back(value);
    if (key == "items") collect_unknown(value, out);
    if (key != "properties" && key != "$defs") continue;
    for (const auto& [name, inner] : value.items()) collect_unknown(inner, out);
  }
}

}  // namespace

std::vector<SchemaFault> JsonSchema::check(const Json& value) const {
  std::vector<SchemaFault> faults;
  Check(schema_, faults).value(schema_, value, "");
  return faults;
}

std::vector<std::string> JsonSchema::unknown() const {
  std::vector<std::string> out;
  collect_unknown(schema_, out);
  return out;
}

const Json& JsonSchema::resolve(const Json& schema) const {
  const auto ref = schema.find("$ref");
  if (ref == schema.end()) return schema;
  return resolve(schema_.at(Json::json_pointer(ref->get<std::string>().substr(1))));
}

Json JsonSchema::skeleton_of(const Json& schema) const {
  const Json& rules = resolve(schema);
  if (rules.contains("const")) return rules["const"];
  if (rules.value("type", Json()) == "array") return Json::array({skeleton_of(rules["items"])});
  if (!rules.contains("properties"))
    return rules.value("type", Json()) == "object" ? Json::object() : Json();
  Json out = Json::object();
  for (const auto& [key, member] : rules["properties"].items()) out[key] = skeleton_of(member);
  return out;
}

Json JsonSchema::skeleton() const {
  return skeleton_of(schema_);
}

}  // namespace flotilla::controller::api
