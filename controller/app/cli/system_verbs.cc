#include <CLI/CLI.hpp>

#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

void show_status(Session& session) {
  const auto reply = session.get("/status");
  if (!reply || session.print_json(*reply)) return;
  print_fields(*reply, {"software", "time", "broker_connected", "can_register_versions", "classes",
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

void create_token(Session& session, const std::string& name, const std::string& role) {
  const auto reply = session.call("POST", "/tokens", {{"name", name}, {"role", role}});
  if (!reply || session.print_json(*reply)) return;
  std::printf("%s\n", field(*reply, "token").c_str());
  std::fprintf(stderr, "this is shown once; the server keeps only its hash\n");
}

void list_tokens(Session& session) {
  const auto reply = session.get("/tokens");
  if (!reply || session.print_json(*reply)) return;
  Table table({"TOKEN", "NAME", "ROLE", "CREATED"});
  for (const auto& row : (*reply)["tokens"]) {
    table.add({field(row, "id"), field(row, "name"), field(row, "role"), instant(row, "created")});
  }
  table.print();
}

void add_tokens(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("token", "Tokens of people and programs")->require_subcommand(1);
  auto* create = noun->add_subcommand("create", "Make a token; its text is shown once");
  auto name = std::make_shared<std::string>();
  auto role = std::make_shared<std::string>("admin");
  create->add_option("NAME", *name, "Whose it is; stands in the audit log")->required();
  create->add_option("--role", *role, "Role of the token")->capture_default_str();
  create->callback([&session, name, role] { create_token(session, *name, *role); });
  noun->add_subcommand("list", "List the tokens")->callback([&session] { list_tokens(session); });
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
  add_tokens(app, session);
}

}  // namespace flotilla::controller::app
