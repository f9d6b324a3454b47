#include <CLI/CLI.hpp>

#include "controller/app/cli/amounts.h"
#include "controller/app/cli/lifecycle_text.h"
#include "controller/app/cli/rollout_watch.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

struct Start {
  std::string model;
  std::string version;
  std::vector<std::string> classes;
  api::Json policy = api::Json::object();
  bool watch = false;
  bool emergency = false;
};

/// A validator that keeps the value it has understood.
CLI::Validator duration_into(std::shared_ptr<Start> start, const char* member) {
  return CLI::Validator(
      [start, member](const std::string& text) -> std::string {
        const auto parsed = parse_duration(text);
        if (!parsed) return "'" + text + "' is not a duration; write 30s, 5m, 2h or 1d";
        start->policy[member] = *parsed;
        return "";
      },
      "TIME");
}

CLI::Validator canary_into(std::shared_ptr<Start> start) {
  return CLI::Validator(
      [start](const std::string& text) -> std::string {
        const auto share = parse_share(text);
        if (!share || share->number == 0 || (share->is_percent && share->number > 100)) {
          return "'" + text + "' is not a canary; write 1% to 100%, or a number of devices";
        }
        start->policy[share->is_percent ? "canary_percent" : "canary_count"] = share->number;
        return "";
      },
      "N|P%");
}

CLI::Validator failures_into(std::shared_ptr<Start> start) {
  return CLI::Validator(
      [start](const std::string& text) -> std::string {
        const auto share = parse_share(text);
        if (!share || share->number > 100) return "'" + text + "' is not within 0% to 100%";
        start->policy["max_failure_percent"] = share->number;
        return "";
      },
      "P%");
}

void start_rollout(Session& session, const Start& start) {
  VersionName name{start.model, start.version};
  if (!split_alias(session, name)) return;
  api::Json body = {{"model", name.model}, {"version", name.version}, {"policy", start.policy}};
  if (start.emergency) body["emergency"] = true;
  if (!start.classes.empty()) body["hardware_classes"] = start.classes;
  const auto reply = session.call("POST", "/rollouts", body);
  if (!reply) return;
  if (start.watch) return watch_rollout(session, field(*reply, "id"));
  if (session.print_json(*reply)) return;
  std::printf("started rollout %s\n", field(*reply, "id").c_str());
}

void list_rollouts(Session& session) {
  const auto reply = session.get("/rollouts?limit=1000");
  if (!reply || session.print_json(*reply)) return;
  Table table(
      {"ROLLOUT", "MODEL", "VERSION", "STATE", "DEVICES", "CONFIRMED", "STARTED", "REASON"});
  for (const auto& row : (*reply)["rollouts"]) {
    table.add({field(row, "id"), field(row, "model"), field(row, "version"), field(row, "state"),
               field(row["counts"], "total"), field(row["counts"], "confirmed"),
               instant(row, "created"), field(row, "state_reason")});
  }
  table.print();
}

void print_assignments(const api::Json& rollout) {
  Table table({"DEVICE", "CLASS", "WAVE", "STATE", "REASON", "CHUNKS", "RECEIVED"});
  for (const auto& row : rollout["assignments"]) {
    table.add({field(row, "device"), field(row, "hardware_class"), field(row, "wave"),
               field(row, "state"), field(row, "reason"),
               field(row, "chunks_done") + "/" + field(row, "chunks_total"),
               size_text(number(row, "bytes_received"))});
  }
  table.print();
}

void show_rollout(Session& session, const std::string& id) {
  const auto reply = session.get(rollout_path(id) + "?assignments=1000");
  if (!reply || session.print_json(*reply)) return;
  std::fputs(draw_rollout(*reply, 100).c_str(), stdout);
  print_fields(*reply, {"started_by", "created", "finished", "policy"});
  std::printf("\n");
  print_assignments(*reply);
}

void operate(Session& session, const std::string& id, const char* verb, const std::string& reason) {
  const api::Json body = reason.empty() ? api::Json() : api::Json{{"reason", reason}};
  const auto reply = session.call("POST", rollout_path(id) + "/" + verb, body);
  if (!reply || session.print_json(*reply)) return;
  std::printf("%s\n", describe_rollout(*reply).c_str());
}

void add_start_options(CLI::App& verb, const std::shared_ptr<Start>& start) {
  const auto add = [&](const char* flag, CLI::Validator validator, const char* text) {
    verb.add_option_function<std::string>(
            flag, [](const std::string&) {}, text)
        ->check(std::move(validator));
  };
  add("--canary", canary_into(start), "First wave: share or number of devices of each class");
  add("--max-failures", failures_into(start), "Share of attempted devices above which it halts");
  add("--soak", duration_into(start, "soak_s"), "Time a wave is watched after its last outcome");
  add("--healthy-for", duration_into(start, "healthy_for_s"), "Health before a confirmation");
  add("--trial-deadline", duration_into(start, "trial_deadline_s"), "End of an unconfirmed trial");
  add("--start-window", duration_into(start, "start_window_s"), "Spread the devices' starts");
  add("--expires", duration_into(start, "expires_s"), "End of the rollout");
  verb.add_option_function<uint32_t>(
      "--attempts", [start](const uint32_t& n) { start->policy["trial_attempts"] = n; },
      "Restarts a trial may consume");
  verb.add_option_function<uint32_t>(
      "--min-attempted", [start](const uint32_t& n) { start->policy["min_attempted"] = n; },
      "Devices that must have tried before a wave is judged");
  verb.add_option_function<std::string>(
          "--on-failure",
          [start](const std::string& what) {
            start->policy["rollback_on_halt"] = what == "rollback";
          },
          "What a halt leads to")
      ->check(CLI::IsMember({"rollback", "halt"}));
}

void add_start(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand("start", "Move the fleet to a version");
  auto start = std::make_shared<Start>();
  verb->add_option("MODEL", start->model, "Name of the model, or NAME@ALIAS")->required();
  verb->add_option("VERSION", start->version, "Number, label or @ALIAS");
  verb->add_option("--class", start->classes, "Only this hardware class, may be repeated");
  add_start_options(*verb, start);
  verb->add_flag("--emergency", start->emergency,
                 "Back to a version that was released and is deprecated; audited as such");
  verb->add_flag("--watch", start->watch, "Follow it to its end");
  verb->callback([&session, start] { start_rollout(session, *start); });
}

void add_operation(CLI::App& noun, Session& session, const char* name, const char* text) {
  auto* verb = noun.add_subcommand(name, text);
  auto id = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  verb->add_option("ID", *id, "Rollout")->required();
  verb->add_option("--reason", *reason, "Kept in the audit log");
  verb->callback([&session, id, reason, name] { operate(session, *id, name, *reason); });
}

void add_query(CLI::App& noun, Session& session, const char* name, const char* text,
               void (*run)(Session&, const std::string&)) {
  auto* verb = noun.add_subcommand(name, text);
  auto id = std::make_shared<std::string>();
  verb->add_option("ID", *id, "Rollout")->required();
  verb->callback([&session, id, run] { run(session, *id); });
}

}  // namespace

void add_rollout_verbs(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("rollout", "Rollouts")->require_subcommand(1);
  add_start(*noun, session);
  noun->add_subcommand("list", "List rollouts, newest first")->callback([&session] {
    list_rollouts(session);
  });
  add_query(*noun, session, "show", "Counts, failures and devices", show_rollout);
  add_query(*noun, session, "watch", "Follow a rollout to its end", watch_rollout);
  add_operation(*noun, session, "hold", "Start nothing new");
  add_operation(*noun, session, "resume", "Go on after a hold, or try again what was refused");
  add_operation(*noun, session, "halt", "Stop for good; the policy decides on rolling back");
  add_operation(*noun, session, "rollback", "Bring the devices back");
  add_operation(*noun, session, "cancel", "Give up a rollout that reached no device");
}

}  // namespace flotilla::controller::app
