#include <CLI/CLI.hpp>

#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

struct AuditRange {
  std::optional<uint64_t> from;
  uint64_t last = 50;
};

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

void show_audit(Session& session, const AuditRange& range) {
  std::string path = "/audit?limit=" + std::to_string(range.last);
  if (range.from) path += "&from=" + std::to_string(*range.from);
  const auto reply = session.get(path);
  if (!reply || session.print_json(*reply)) return;
  Table table({"NUMBER", "TIME", "ACTOR", "ACTION", "OBJECT", "DETAIL"});
  for (const auto& row : (*reply)["entries"]) {
    table.add({field(row, "number"), instant(row, "time"), field(row, "actor"),
               field(row, "action"), field(row, "object"), field(row, "detail")});
  }
  table.print();
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

void add_audit(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("audit", "Audit log")->require_subcommand(1);
  auto* show = noun->add_subcommand("show", "Entries of the audit log, oldest first");
  auto range = std::make_shared<AuditRange>();
  show->add_option_function<uint64_t>(
      "--from", [range](const uint64_t& number) { range->from = number; },
      "Number of the first entry");
  show->add_option("--last,--limit", range->last, "How many entries")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  show->callback([&session, range] { show_audit(session, *range); });
}

}  // namespace

void add_system_verbs(CLI::App& app, Session& session) {
  app.add_subcommand("status", "Health and counters of the controller")->callback([&session] {
    show_status(session);
  });
  add_audit(app, session);
  auto* transfers = app.add_subcommand("transfer", "Payloads at rest")->require_subcommand(1);
  transfers->add_subcommand("list", "List the payloads")->callback([&session] {
    list_transfers(session);
  });
}

}  // namespace flotilla::controller::app
