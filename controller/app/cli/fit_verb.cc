#include <CLI/CLI.hpp>
#include <cstdio>

#include "controller/adapters/http_client.h"
#include "controller/app/cli/paths.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

struct FitOrder {
  std::string model;
  std::string version;
  std::string hardware_class;
};

void show_fit(Session& session, const FitOrder& order) {
  std::string path = version_path(order.model, order.version) + "/fit";
  if (!order.hardware_class.empty()) path += "?class=" + encode_path_segment(order.hardware_class);
  const auto reply = session.get(path);
  if (!reply) return;
  bool fits = true;
  Table table({"CLASS", "CHECK", "NEEDS", "HAS", "VERDICT", "STATED IN"});
  for (const api::Json& row : (*reply)["classes"]) {
    fits = fits && row.value("fits", true);
    for (const api::Json& check : row["checks"]) {
      table.add({field(row, "hardware_class"), field(check, "check"), field(check, "needs"),
                 field(check, "has"), field(check, "verdict"), field(check, "source")});
    }
  }
  if (!fits) session.exit_code = kExitRefused;
  if (session.print_json(*reply)) return;
  table.print();
}

}  // namespace

void add_fit_verb(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand("fit", "Whether a version can run on its hardware classes");
  auto order = std::make_shared<FitOrder>();
  verb->add_option("NAME", order->model, "Name of the model")->required();
  verb->add_option("VERSION", order->version, "Number or label")->required();
  verb->add_option("--class", order->hardware_class, "Only this hardware class");
  verb->callback([&session, order] { show_fit(session, *order); });
}

}  // namespace flotilla::controller::app
