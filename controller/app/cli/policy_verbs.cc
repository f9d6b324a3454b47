#include <CLI/CLI.hpp>

#include "controller/adapters/http_client.h"
#include "controller/adapters/small_file.h"
#include "controller/app/cli/lifecycle_text.h"
#include "controller/app/cli/paths.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kMaxPolicyFile = 64 * 1024;

struct PolicyOrder {
  std::string file;
  std::string model = "*";
  std::string hardware_class = "*";
};

void set_policy(Session& session, const PolicyOrder& order) {
  const auto text = read_small_file(order.file, kMaxPolicyFile);
  const api::Json policy = text.ok() ? api::Json::parse(text.value(), nullptr, false) : api::Json();
  if (!policy.is_object()) {
    return session.fail(kExitUsage, order.file + " cannot be read, or is no JSON object",
                        "give a policy of at most 64 KiB; see docs/governance.md");
  }
  const auto reply = session.call(
      "PUT", "/policies",
      {{"model", order.model}, {"hardware_class", order.hardware_class}, {"policy", policy}});
  if (!reply || session.print_json(*reply)) return;
  std::printf("policy for model %s, class %s is set\n", field(*reply, "model").c_str(),
              field(*reply, "hardware_class").c_str());
}

void list_policies(Session& session) {
  const auto reply = session.get("/policies");
  if (!reply || session.print_json(*reply)) return;
  Table table({"MODEL", "CLASS", "METADATA", "REQUIRE", "EVIDENCE", "APPROVALS", "PROTECTS",
               "CHANGED", "BY"});
  for (const auto& row : (*reply)["policies"]) {
    const api::Json& policy = row["policy"];
    std::string aliases;
    for (const auto& name : policy["protected_aliases"]) {
      aliases += (aliases.empty() ? "" : ", ") + name.get<std::string>();
    }
    table.add({field(row, "model"), field(row, "hardware_class"),
               std::to_string(policy["metadata"].size()), std::to_string(policy["require"].size()),
               field(policy, "evidence"), field(policy, "approvals"),
               aliases.empty() ? "-" : aliases, instant(row, "changed"), field(row, "changed_by")});
  }
  table.print();
}

void show_policy(Session& session, const PolicyOrder& order) {
  const auto reply = session.get("/policies");
  if (!reply) return;
  for (const auto& row : (*reply)["policies"]) {
    if (row["model"] != order.model || row["hardware_class"] != order.hardware_class) continue;
    if (!session.print_json(row)) std::printf("%s\n", row["policy"].dump(2).c_str());
    return;
  }
  session.fail(kExitRefused,
               "there is no policy for model " + order.model + ", class " + order.hardware_class,
               "policies: flotilla policy list");
}

void remove_policy(Session& session, const PolicyOrder& order) {
  const auto reply =
      session.call("DELETE", "/policies?model=" + encode_path_segment(order.model) +
                                 "&class=" + encode_path_segment(order.hardware_class));
  if (!reply || session.print_json(*reply)) return;
  std::printf("policy for model %s, class %s is removed\n", order.model.c_str(),
              order.hardware_class.c_str());
}

void add_patterns(CLI::App& verb, const std::shared_ptr<PolicyOrder>& order) {
  verb.add_option("--model", order->model, "Models: a name, the beginning of names and *, or *")
      ->capture_default_str();
  verb.add_option("--class", order->hardware_class, "Hardware classes, in the same way")
      ->capture_default_str();
}

}  // namespace

void add_policy_verbs(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("policy", "What versions must show before they are released")
                   ->require_subcommand(1);
  auto order = std::make_shared<PolicyOrder>();
  auto* set = noun->add_subcommand("set", "Set the policy of these models and classes");
  set->add_option("FILE", order->file, "Policy (JSON); see docs/governance.md")->required();
  add_patterns(*set, order);
  set->callback([&session, order] { set_policy(session, *order); });
  noun->add_subcommand("list", "List the policies")->callback([&session] {
    list_policies(session);
  });
  auto* show = noun->add_subcommand("show", "Print one policy");
  add_patterns(*show, order);
  show->callback([&session, order] { show_policy(session, *order); });
  auto* remove = noun->add_subcommand("remove", "Remove one policy");
  add_patterns(*remove, order);
  remove->callback([&session, order] { remove_policy(session, *order); });
  auto version = std::make_shared<VersionName>();
  auto* check = noun->add_subcommand("check", "Where a version stands, and what it still lacks");
  add_version(*check, version);
  check->callback([&session, version] {
    if (!split_alias(session, *version)) return;
    const auto reply = session.get(version_path(version->model, version->version) + "/lifecycle");
    if (!reply) return;
    if (is_held_back(*reply)) session.exit_code = kExitRefused;
    if (!session.print_json(*reply)) print_lifecycle(*reply);
  });
}

}  // namespace flotilla::controller::app
