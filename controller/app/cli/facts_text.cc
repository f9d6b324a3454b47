#include "controller/app/cli/facts_text.h"

#include <algorithm>
#include <cstdio>

#include "controller/app/cli/delta_document.h"
#include "controller/app/cli/table.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kFactsTensors = 20;
constexpr size_t kFactsOperators = 24;

/// "1 tensor", "2 tensors"
std::string tensors_of(uint64_t count) {
  return std::to_string(count) + (count == 1 ? " tensor" : " tensors");
}

/// "3.20 million"
std::string count_text(uint64_t count) {
  char text[32];
  if (count < 1'000'000) return std::to_string(count);
  const auto value = static_cast<double>(count);
  if (count < 1'000'000'000) {
    std::snprintf(text, sizeof text, "%.2f million", value / 1e6);
  } else {
    std::snprintf(text, sizeof text, "%.2f billion", value / 1e9);
  }
  return text;
}

std::string sparsity_text(const api::Json& object) {
  const auto found = object.find("sparsity");
  if (found == object.end() || !found->is_number()) return "-";
  return percent_text(found->get<double>(), 1);
}

std::string shape_text(const api::Json& shape) {
  if (!shape.is_array()) return "-";
  std::string out;
  for (const api::Json& length : shape) {
    out += (out.empty() ? "" : "x") + (length.is_null() ? std::string("?") : length.dump());
  }
  return out.empty() ? "scalar" : out;
}

std::string symmetry_text(const api::Json& object) {
  const auto found = object.find("symmetric");
  if (found == object.end() || !found->is_boolean()) return "";
  return found->get<bool>() ? ", symmetric" : ", asymmetric";
}

std::string quantisation_text(const api::Json& object) {
  const std::string scheme = field(object, "quantisation");
  return scheme == "none" || scheme == "-" ? scheme : scheme + symmetry_text(object);
}

std::string line(const char* name, const std::string& value) {
  char text[32];
  std::snprintf(text, sizeof text, "%-16s ", name);
  return text + value + "\n";
}

std::string totals_text(const api::Json& facts) {
  const api::Json& weights = facts["weights"];
  std::string out = line("format", field(facts, "format"));
  out += line("size", std::to_string(number(facts, "bytes")) + " bytes");
  if (number(facts, "tensor_count") == 0) return out;
  out += line("parameters", count_text(number(facts, "parameters")));
  out += line("weights", tensors_of(number(weights, "tensors")) + ", " +
                             count_text(number(weights, "elements")) + " values, most of them " +
                             field(weights, "dtype"));
  out += line("quantisation", quantisation_text(weights));
  out += line("exact zeros", sparsity_text(weights) + " of the weights");
  std::string types;
  for (const auto& [name, total] : facts["dtypes"].items()) {
    types += (types.empty() ? "" : ", ") + name + " " + tensors_of(number(total, "tensors")) + " " +
             size_text(number(total, "bytes"));
  }
  return out + line("types", types);
}

std::string operators_text(const api::Json& operators) {
  if (!operators.is_object()) return "not in the file";
  std::vector<std::pair<uint64_t, std::string>> order;
  for (const auto& [name, count] : operators.items()) {
    order.emplace_back(count.get<uint64_t>(), name);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string out;
  for (size_t i = 0; i < std::min(order.size(), kFactsOperators); ++i) {
    out += (i == 0 ? "" : ", ") + order[i].second + " " + std::to_string(order[i].first);
  }
  const size_t rest = order.size() - std::min(order.size(), kFactsOperators);
  if (rest != 0) out += ", " + std::to_string(rest) + " more kinds";
  return out.empty() ? "none" : out;
}

std::string values_text(const char* what, const api::Json& values) {
  if (!values.is_array()) return "";
  std::string out;
  for (const api::Json& value : values) {
    out += line(what, field(value, "name") + ": " + field(value, "dtype") + " " +
                          shape_text(value["shape"]));
    what = "";
  }
  return out;
}

std::string tensors_text(const api::Json& facts, bool all, size_t width) {
  std::vector<const api::Json*> order;
  for (const api::Json& tensor : facts["tensors"]) order.push_back(&tensor);
  if (order.empty()) return "";
  std::stable_sort(order.begin(), order.end(), [](const api::Json* a, const api::Json* b) {
    return number(*a, "bytes") > number(*b, "bytes");
  });
  Table table({"BYTES", "TYPE", "SHAPE", "ZEROS", "QUANTISATION", "TENSOR"});
  const size_t shown = all ? order.size() : std::min(order.size(), kFactsTensors);
  for (size_t i = 0; i < shown; ++i) {
    const api::Json& tensor = *order[i];
    table.add({field(tensor, "bytes"), field(tensor, "dtype"), shape_text(tensor["shape"]),
               sparsity_text(tensor), quantisation_text(tensor), field(tensor, "name")});
  }
  std::string out = "\n" + table.text(width);
  const uint64_t rest = number(facts, "tensor_count") - shown;
  if (rest != 0) out += std::to_string(rest) + " more tensors" + (all ? "\n" : " (--all)\n");
  return out;
}

}  // namespace

std::string facts_line(const api::Json& summary) {
  std::string out = field(summary, "format");
  if (number(summary, "weight_tensors") == 0) return out + ", no weights were recognised";
  out += ", " + count_text(number(summary, "parameters")) + " parameters, weights " +
         field(summary, "dtype");
  const std::string scheme = field(summary, "quantisation");
  if (scheme != "none") out += " " + scheme;
  return out + ", " + sparsity_text(summary) + " exact zeros";
}

std::string facts_text(const api::Json& facts, bool all, size_t width) {
  std::string out = totals_text(facts);
  if (number(facts, "tensor_count") != 0 || facts["operators"].is_object()) {
    out += line("operators", operators_text(facts["operators"]));
  }
  out += values_text("inputs", facts["inputs"]);
  out += values_text("outputs", facts["outputs"]);
  for (const api::Json& note : facts["notes"]) out += line("note", note.get<std::string>());
  return out + tensors_text(facts, all, width);
}

}  // namespace flotilla::controller::app
