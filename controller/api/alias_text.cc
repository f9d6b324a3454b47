#include "controller/api/alias_text.h"

#include <set>

#include "controller/domain/alias_board.h"

namespace flotilla::controller::api {

namespace {

using alias_board::version_on;

std::map<std::string, uint32_t> choices(const Alias& alias,
                                        const std::vector<std::string>& classes) {
  std::map<std::string, uint32_t> out;
  for (const std::string& name : classes) out["class " + name] = version_on(alias, name);
  if (!classes.empty()) return out;
  if (alias.version != 0) out["every other class"] = alias.version;
  for (const auto& [name, version] : alias.classes) out["class " + name] = version;
  return out;
}

}  // namespace

bool is_alias(const std::string& version) {
  return version.size() > 1 && version.front() == '@';
}

std::optional<Refusal> resolve_alias(const ControlPlane& plane, const std::string& model,
                                     const std::string& text,
                                     const std::vector<std::string>& classes, uint32_t& version) {
  const auto found = plane.aliases().find({model, text.substr(1)});
  const std::string list = "aliases: flotilla model alias list " + model;
  if (found == plane.aliases().end()) {
    return Refusal{Code::kNotFound, "model '" + model + "' has no alias '" + text.substr(1) + "'",
                   list};
  }
  std::set<uint32_t> versions;
  std::string told;
  for (const auto& [where, number] : choices(found->second, classes)) {
    versions.insert(number);
    told += (told.empty() ? "" : ", ") +
            (number == 0 ? std::string("none") : std::to_string(number)) + " on " + where;
  }
  if (versions.size() != 1 || *versions.begin() == 0) {
    return Refusal{Code::kFailedPrecondition,
                   model + text + " does not name one version: it is " + told,
                   "name a class with --class, or a version; " + list};
  }
  version = *versions.begin();
  return std::nullopt;
}

std::vector<std::string> classes_of_alias(const ControlPlane& plane, const ModelVersion& version,
                                          const std::string& text) {
  std::vector<std::string> out;
  const auto found = plane.aliases().find({version.model, text.substr(1)});
  if (found == plane.aliases().end()) return out;
  for (const Variant& variant : version.variants) {
    if (version_on(found->second, variant.hardware_class) == version.version)
      out.push_back(variant.hardware_class);
  }
  return out;
}

std::vector<std::string> aliases_of(const ControlPlane& plane, const ModelVersion& version,
                                    const std::string& hardware_class) {
  std::vector<std::string> out;
  const auto& all = plane.aliases();
  for (auto at = all.lower_bound({version.model, ""}); at != all.end(); ++at) {
    if (at->first.first != version.model) break;
    if (version_on(at->second, hardware_class) == version.version) out.push_back(at->first.second);
  }
  return out;
}

}  // namespace flotilla::controller::api
