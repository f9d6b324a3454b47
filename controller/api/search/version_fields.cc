#include "controller/api/search/version_fields.h"

#include <algorithm>

#include "controller/api/views.h"

namespace flotilla::controller::api {

namespace {

using List = std::vector<Json>;

/// Absent when it is empty.
List text(const std::string& value) {
  return value.empty() ? List{} : List{value};
}

/// Of an image that was inspected.
List fact(const Variant& variant, Json value) {
  return variant.facts.inspection == 0 ? List{} : List{std::move(value)};
}

List operators(const Variant& variant) {
  List out;
  for (const OperatorCount& entry : variant.facts.operators) out.emplace_back(entry.name);
  return out;
}

/// The scheme, and the type that it leads to.
List quantisation(const Variant& variant) {
  const ImageFacts& facts = variant.facts;
  List out = text(facts.quantisation);
  if (!out.empty() && facts.quantisation != "none") out.emplace_back(facts.dtype);
  return out;
}

struct Field {
  const char* name;
  List (*values)(const ModelVersion& version, const Variant& variant);
};

constexpr Field kFields[] = {
    {"model", [](const ModelVersion& r, const Variant&) { return text(r.model); }},
    {"version", [](const ModelVersion& r, const Variant&) { return List{r.version}; }},
    {"label", [](const ModelVersion& r, const Variant&) { return text(r.label); }},
    {"created", [](const ModelVersion& r, const Variant&) { return List{time_json(r.created)}; }},
    {"created_by", [](const ModelVersion& r, const Variant&) { return text(r.created_by); }},
    {"rounded",
     [](const ModelVersion& r, const Variant&) { return List{r.lineage.rounded_from != 0}; }},
    {"class", [](const ModelVersion&, const Variant& v) { return text(v.hardware_class); }},
    {"size", [](const ModelVersion&, const Variant& v) { return List{v.image_size}; }},
    {"runtime", [](const ModelVersion&, const Variant& v) { return text(v.runtime); }},
    {"golden",
     [](const ModelVersion&, const Variant& v) { return List{!v.golden_digest.is_none()}; }},
    {"security_counter",
     [](const ModelVersion&, const Variant& v) { return List{v.security_counter}; }},
    {"format", [](const ModelVersion&, const Variant& v) { return text(v.facts.format); }},
    {"dtype", [](const ModelVersion&, const Variant& v) { return text(v.facts.dtype); }},
    {"parameters",
     [](const ModelVersion&, const Variant& v) { return fact(v, v.facts.parameters); }},
    {"sparsity",
     [](const ModelVersion&, const Variant& v) {
       return v.facts.is_sparsity_known ? List{v.facts.sparsity_ppm / 1e6} : List{};
     }},
    {"quantisation", [](const ModelVersion&, const Variant& v) { return quantisation(v); }},
    {"symmetric",
     [](const ModelVersion&, const Variant& v) { return fact(v, v.facts.is_symmetric); }},
    {"operator", [](const ModelVersion&, const Variant& v) { return operators(v); }}};

/// Short names of members of the document.
struct Alias {
  const char* name;
  const char* path;
};

constexpr Alias kAliases[] = {{"tag", "identity.tags"},
                              {"family", "identity.family"},
                              {"title", "identity.title"},
                              {"owner", "identity.owner"},
                              {"licence", "identity.licence"},
                              {"task", "task.name"},
                              {"architecture", "task.architecture"}};

constexpr std::string_view kDocument = "doc.";
constexpr std::string_view kVariant = "variant.";
constexpr std::string_view kMetric = "metric.";

/// Members at a dotted path; every element of the lists on the way.
void collect(const Json& value, std::string_view path, List& out) {
  if (value.is_array()) {
    for (const Json& element : value) collect(element, path, out);
    return;
  }
  if (path.empty()) {
    if (value.is_primitive() && !value.is_null()) out.push_back(value);
    return;
  }
  if (!value.is_object()) return;
  const size_t dot = path.find('.');
  const auto member = value.find(std::string(path.substr(0, dot)));
  if (member == value.end()) return;
  collect(*member, dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1), out);
}

const Json& member(const Json& object, const char* name) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

/// Figures over all the data.
List metric(const Json& document, std::string_view name) {
  List out;
  for (const Json& figure : member(document, "evaluation")) {
    const Json& slice = member(figure, "slice");
    if (member(figure, "name") == name && (slice.is_null() || slice == "")) {
      collect(figure, "value", out);
    }
  }
  return out;
}

List variant_member(const Json& document, const std::string& hardware_class,
                    std::string_view path) {
  List out;
  for (const Json& block : member(document, "variants")) {
    if (member(block, "hardware_class") == hardware_class) collect(block, path, out);
  }
  return out;
}

}  // namespace

std::string field_fault(const std::string& field) {
  if (is_document_field(field)) return "";
  std::string names;
  for (const Field& known : kFields) {
    if (field == known.name) return "";
    names += std::string(known.name) + ", ";
  }
  for (const Alias& alias : kAliases) names += std::string(alias.name) + ", ";
  return "there is no field '" + field.substr(0, 64) + "'; there are " + names +
         "metric.NAME, variant.PATH and doc.PATH";
}

bool is_document_field(const std::string& field) {
  for (const std::string_view prefix : {kDocument, kVariant, kMetric}) {
    if (field.size() > prefix.size() && field.starts_with(prefix)) return true;
  }
  return std::any_of(std::begin(kAliases), std::end(kAliases),
                     [&](const Alias& alias) { return field == alias.name; });
}

std::vector<Json> field_values(const std::string& field, const ModelVersion& version,
                               const Variant& variant, const Json& document) {
  for (const Field& known : kFields) {
    if (field == known.name) return known.values(version, variant);
  }
  const std::string_view name = field;
  if (name.starts_with(kMetric)) return metric(document, name.substr(kMetric.size()));
  if (name.starts_with(kVariant)) {
    return variant_member(document, variant.hardware_class, name.substr(kVariant.size()));
  }
  List out;
  for (const Alias& alias : kAliases) {
    if (field == alias.name) collect(document, alias.path, out);
  }
  if (name.starts_with(kDocument)) collect(document, name.substr(kDocument.size()), out);
  return out;
}

}  // namespace flotilla::controller::api
