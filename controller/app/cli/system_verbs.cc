#include <CLI/CLI.hpp>

#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

void show_status(Session& session) {
  const auto reply = session.get("/status");
  if (!reply || session.print_json(*reply)) return;
  print_fields(*reply, {"software", "time", "broker_connected", "signs_releases", "classes",
                        "devices", "models", "rollouts", "transfers"});
  std::printf("%-24s %s\n", "retained", size_text(number(*reply, "retained_bytes")).c_str());
  print_fields(*reply, {"outbox", "audit_entries"});
  std::printf("\n");
  for (const auto& [name, value] : (*reply)["counters"].items()) {
    if (value != 0) std::printf("%-24s %s\n", name.c_str(), api::to_text(value).c_str());
  }
}

void list_transfers(Session& session) {
  const auto reply = session.get("/transfers");
  if (!reply || session.print_json(*reply)) return;
  Table table(
      {"TRANSFER", "CLASS", "MODEL", "KIND", "BASE", "PAYLOAD", "CHUNKS", "STATE", "TROUBLE"});
  for (const auto& row : (*reply)["transfers"]) {
    table.add({field(row, "id"), field(row, "hardware_class"), field(row, "model"),
               field(row, "kind"), digest(row, "base_digest"),
               size_text(number(row, "payload_size")), field(row, "chunk_count"),
               field(row, "state"), field(row, "trouble")});
  }
  table.print();
}

}  // namespace

void add_system_verbs(CLI::App& app, Session& session) {
  app.add_subcommand("status", "Health and counters of the controller")->callback([&session] {
    show_status(session);
  });
  auto* transfers = app.add_subcommand("transfer", "Payloads at rest")->require_subcommand(1);
  transfers->add_subcommand("list", "List the payloads")->callback([&session] {
    list_transfers(session);
  });
}

}  // namespace flotilla::controller::app
