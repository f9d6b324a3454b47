#include "controller/app/cli/lifecycle_text.h"

#include <CLI/CLI.hpp>

#include "controller/app/cli/table.h"

namespace flotilla::controller::app {

namespace {

std::string names(const api::Json& list, const char* member) {
  std::string out;
  for (const auto& item : list) {
    out += (out.empty() ? "" : ", ") +
           (member == nullptr ? item.get<std::string>() : field(item, member));
  }
  return out.empty() ? "-" : out;
}

}  // namespace

void add_version(CLI::App& verb, const std::shared_ptr<VersionName>& name) {
  verb.add_option("NAME", name->model, "Name of the model, or NAME@ALIAS")->required();
  verb.add_option("VERSION", name->version, "Number, label or @ALIAS");
}

bool split_alias(Session& session, VersionName& name) {
  const size_t at = name.model.find('@');
  if (at != std::string::npos && name.version.empty()) {
    name.version = name.model.substr(at);
    name.model.resize(at);
  }
  if (!name.version.empty()) return true;
  session.fail(kExitUsage, "name a model and a version, or NAME@ALIAS",
               "versions: flotilla model show NAME");
  return false;
}

void print_lifecycle(const api::Json& lifecycle) {
  std::printf("%s version %s, author %s\n", field(lifecycle, "model").c_str(),
              field(lifecycle, "version").c_str(), field(lifecycle, "author").c_str());
  Table table({"CLASS", "STATE", "SINCE", "BY", "EVIDENCE OF", "APPROVED BY", "POLICIES"});
  Table lacks({"CLASS", "RULE", "ASKED FOR", "FOUND", "ASK"});
  bool any = false;
  for (const auto& row : lifecycle["classes"]) {
    table.add({field(row, "hardware_class"), field(row, "state"), instant(row, "changed"),
               row.value("by", "").empty() ? "-" : field(row, "by"), names(row["evidence"], "by"),
               names(row["approvals"], "by"), names(row["policies"], nullptr)});
    for (const auto& rule : row["unmet"]) {
      any = true;
      lacks.add({field(row, "hardware_class"), field(rule, "rule"), field(rule, "expected"),
                 field(rule, "found"), names(rule["who"], nullptr)});
    }
  }
  table.print();
  if (!any) return;
  std::printf("\n");
  lacks.print();
}

bool is_held_back(const api::Json& lifecycle) {
  for (const auto& row : lifecycle["classes"]) {
    if (row["state"] != "released") return true;
  }
  return false;
}

}  // namespace flotilla::controller::app
