#include "controller/app/cli/loss_table.h"

#include <algorithm>
#include <cstdio>

#include "controller/app/cli/delta_document.h"
#include "controller/app/cli/table.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kShownLosses = 20;

double figure(const api::Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::vector<std::string> row(const api::Json& loss, const std::string& elements,
                             const std::string& type, const std::string& name) {
  return {percent_text(figure(loss, "relative_l2"), 1),
          percent_text(figure(loss, "relative_max"), 1),
          percent_text(figure(loss, "of_change"), 1),
          elements,
          type,
          name};
}

}  // namespace

std::string lineage_text(const api::Json& lineage) {
  if (!lineage.is_object()) return "-";
  return "version " + field(lineage, "rounded_from") + " rounded for base " +
         field(lineage, "base") + ", step " + field(lineage, "step");
}

std::string loss_table(const api::Json& tensors, const api::Json& whole, bool all) {
  std::vector<const api::Json*> order;
  for (const api::Json& tensor : tensors) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const api::Json* a, const api::Json* b) {
    return figure(*a, "relative_l2") > figure(*b, "relative_l2");
  });
  Table table({"ERROR", "LARGEST", "OF CHANGE", "WEIGHTS", "TYPE", "TENSOR"});
  const size_t shown = all ? order.size() : std::min(order.size(), kShownLosses);
  for (size_t i = 0; i < shown; ++i) {
    const api::Json& loss = *order[i];
    table.add(row(loss, field(loss, "elements"), field(loss, "type"), field(loss, "name")));
  }
  const size_t rest = order.size() - shown;
  const std::string more = rest == 0 ? "" : ", " + std::to_string(rest) + " not listed (--all)";
  table.add(row(whole, "", "", "all rounded tensors" + more));
  return table.text();
}

std::string loss_text(const std::string& document, bool all) {
  const api::Json parsed = api::Json::parse(document, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("delta_aware")) return "";
  std::string out;
  const api::Json& variants = parsed["delta_aware"].value("variants", api::Json::array());
  for (const api::Json& variant : variants) {
    out += "\nclass " + field(variant, "hardware_class") + ": " +
           field(variant, "tensors_rounded") + " tensors rounded, " +
           field(variant, "tensors_kept") + " kept\n";
    out += loss_table(variant.value("tensors", api::Json::array()), variant, all);
  }
  return out;
}

}  // namespace flotilla::controller::app
