#include <CLI/CLI.hpp>

#include "controller/adapters/http_client.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

struct AliasOrder {
  std::string model;
  std::string alias;
  std::string version;
  std::string hardware_class;
};

std::string aliases_path(const AliasOrder& order) {
  return "/models/" + encode_path_segment(order.model) + "/aliases";
}

void set_alias(Session& session, const AliasOrder& order) {
  api::Json body = {{"version", order.version}};
  if (!order.hardware_class.empty()) body["hardware_class"] = order.hardware_class;
  const auto reply =
      session.call("PUT", aliases_path(order) + "/" + encode_path_segment(order.alias), body);
  if (!reply || session.print_json(*reply)) return;
  std::printf("%s@%s is version %s%s\n", order.model.c_str(), order.alias.c_str(),
              order.version.c_str(),
              order.hardware_class.empty() ? "" : (" on " + order.hardware_class).c_str());
}

void list_aliases(Session& session, const AliasOrder& order) {
  const auto reply = session.get(aliases_path(order));
  if (!reply || session.print_json(*reply)) return;
  Table table({"ALIAS", "CLASS", "VERSION", "MOVED", "BY"});
  for (const auto& row : (*reply)["aliases"]) {
    const bool is_alone = row["classes"].empty();
    if (!row["version"].is_null()) {
      table.add({field(row, "alias"), is_alone ? "every" : "every other", field(row, "version"),
                 instant(row, "moved"), field(row, "moved_by")});
    }
    for (const auto& [name, version] : row["classes"].items()) {
      table.add({field(row, "alias"), name, api::to_text(version), instant(row, "moved"),
                 field(row, "moved_by")});
    }
  }
  table.print();
}

void remove_alias(Session& session, const AliasOrder& order) {
  std::string path = aliases_path(order) + "/" + encode_path_segment(order.alias);
  if (!order.hardware_class.empty()) path += "?class=" + encode_path_segment(order.hardware_class);
  const auto reply = session.call("DELETE", path);
  if (!reply || session.print_json(*reply)) return;
  std::printf("%s@%s is removed\n", order.model.c_str(), order.alias.c_str());
}

}  // namespace

void add_alias_verbs(CLI::App& noun, Session& session) {
  auto* alias = noun.add_subcommand("alias", "Movable names of versions")->require_subcommand(1);
  auto order = std::make_shared<AliasOrder>();
  auto* set = alias->add_subcommand("set", "Point an alias to a version");
  set->add_option("NAME", order->model, "Name of the model")->required();
  set->add_option("ALIAS", order->alias, "candidate, champion or one of your own")->required();
  set->add_option("VERSION", order->version, "Number or label")->required();
  set->add_option("--class", order->hardware_class, "Only on this hardware class");
  set->callback([&session, order] { set_alias(session, *order); });
  auto* list = alias->add_subcommand("list", "List the aliases of a model");
  list->add_option("NAME", order->model, "Name of the model")->required();
  list->callback([&session, order] { list_aliases(session, *order); });
  auto* remove = alias->add_subcommand("remove", "Remove an alias");
  remove->add_option("NAME", order->model, "Name of the model")->required();
  remove->add_option("ALIAS", order->alias, "The alias")->required();
  remove->add_option("--class", order->hardware_class, "Only its own version on this class");
  remove->callback([&session, order] { remove_alias(session, *order); });
}

}  // namespace flotilla::controller::app
