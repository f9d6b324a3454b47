#include <CLI/CLI.hpp>

#include "controller/app/cli/amounts.h"
#include "controller/app/cli/paths.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

struct CollectOptions {
  std::string older_than = "30d";
  bool deletes = false;
  bool dry = true;  ///< the default, which may be said
};

/// Seconds of an age with its unit: a bare number is more often meant as days.
std::optional<uint32_t> read_age(const std::string& text) {
  const bool has_unit = !text.empty() && (text.back() < '0' || text.back() > '9');
  return has_unit ? parse_duration(text) : std::nullopt;
}

void print_plan(const api::Json& plan) {
  Table stays({"STAYS", "VERSION", "LABEL", "CREATED", "WHY"});
  for (const auto& row : plan["stays"]) {
    stays.add({field(row, "model"), field(row, "version"), field(row, "label"),
               instant(row, "created"), field(row, "reason")});
  }
  stays.print();
  std::printf("\n");
  Table goes({"GOES", "VERSION", "LABEL", "CREATED", "BYTES"});
  for (const auto& row : plan["goes"]) {
    goes.add({field(row, "model"), field(row, "version"), field(row, "label"),
              instant(row, "created"), size_text(number(row, "bytes"))});
  }
  goes.print();
  const bool deleted = plan.value("deleted", false);
  std::printf("\n%zu version%s, %s%s\n", plan["goes"].size(), plan["goes"].size() == 1 ? "" : "s",
              size_text(number(plan, "bytes_freed")).c_str(),
              deleted ? " freed; their records stay" : " would be freed: repeat with --delete");
}

void collect_garbage(Session& session, const CollectOptions& options) {
  const auto age_s = read_age(options.older_than);
  if (!age_s) {
    return session.fail(kExitUsage, "'" + options.older_than + "' is no age",
                        "write it as 30d, 12h, 30m or 45s");
  }
  const auto reply = options.deletes
                         ? session.call("POST", "/retention", {{"older_than_s", *age_s}})
                         : session.get("/retention?older_than_s=" + std::to_string(*age_s));
  if (!reply || session.print_json(*reply)) return;
  print_plan(*reply);
}

void set_pin(Session& session, const std::string& model, const std::string& version, bool pinned) {
  const auto reply = session.call(pinned ? "PUT" : "DELETE", version_path(model, version) + "/pin");
  if (!reply || session.print_json(*reply)) return;
  std::printf("%s version %s %s\n", model.c_str(), field(*reply, "version").c_str(),
              pinned ? "is pinned: its bytes stay" : "is no longer pinned");
}

void add_pin(CLI::App& noun, Session& session, const char* name, const char* text, bool pinned) {
  auto* verb = noun.add_subcommand(name, text);
  auto model = std::make_shared<std::string>();
  auto version = std::make_shared<std::string>();
  verb->add_option("MODEL", *model, "Model")->required();
  verb->add_option("VERSION", *version, "Number or label")->required();
  verb->callback(
      [&session, model, version, pinned] { set_pin(session, *model, *version, pinned); });
}

}  // namespace

void add_retention_verbs(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand("gc", "Delete the bytes of versions that nothing refers to");
  auto options = std::make_shared<CollectOptions>();
  verb->add_option("--older-than", options->older_than, "Younger versions stay: 30d, 12h")
      ->capture_default_str();
  auto* dry =
      verb->add_flag("--dry-run", options->dry, "Only say what would go; this is the default");
  verb->add_flag("--delete", options->deletes, "Delete")->excludes(dry);
  verb->callback([&session, options] { collect_garbage(session, *options); });
  add_pin(noun, session, "pin", "Keep a version's bytes, whatever refers to them", true);
  add_pin(noun, session, "unpin", "Take a pin back", false);
}

}  // namespace flotilla::controller::app
