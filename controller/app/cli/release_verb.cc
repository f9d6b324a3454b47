#include <CLI/CLI.hpp>

#include "controller/app/cli/loss_table.h"
#include "controller/app/cli/paths.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/until_done.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

struct Release {
  std::string model;
  std::string version;
  std::string base;
  std::string label;
  std::vector<std::string> classes;
  std::optional<double> step;
  bool all = false;
  std::string reason;
};

api::Json body_of(const Release& release) {
  api::Json body = {{"base", release.base}, {"step", release.step.value_or(0)}};
  if (!release.label.empty()) body["label"] = release.label;
  if (!release.classes.empty()) body["hardware_classes"] = release.classes;
  return body;
}

void release_version(Session& session, const Release& release) {
  if (!release.step) {
    return change_release(session, release.model, release.version, release.classes, release.reason);
  }
  const std::string path = version_path(release.model, release.version) + "/delta-aware";
  const auto reply = call_until_done(session, path, body_of(release));
  if (!reply || session.print_json(*reply)) return;
  std::printf("%s version %s, label %s: %s\n", release.model.c_str(),
              field(*reply, "version").c_str(), field(*reply, "label").c_str(),
              lineage_text((*reply)["lineage"]).c_str());
  std::fputs(loss_text(field(*reply, "document"), release.all).c_str(), stdout);
}

}  // namespace

void add_release_verb(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand(
      "release",
      "Release a version for rollouts; with --delta-aware: its weights rounded, as a new version");
  auto release = std::make_shared<Release>();
  verb->add_option("NAME", release->model, "Name of the model, or NAME@ALIAS")->required();
  verb->add_option("VERSION", release->version, "Number, label or @ALIAS; stays as it is");
  verb->add_option("--reason", release->reason, "Kept in the audit log");
  auto* step = verb->add_option("--delta-aware", release->step, kStepHelp)->type_name("STEP");
  auto* base = verb->add_option("--base", release->base, "Version that devices have");
  step->needs(base);
  base->needs(step);
  verb->add_option("--as", release->label, "Label of the new version; default: VERSION-rounded");
  verb->add_option("--class", release->classes, "Only for this hardware class, may be repeated");
  verb->add_flag("--all", release->all, "List every tensor");
  verb->callback([&session, release] { release_version(session, *release); });
}

}  // namespace flotilla::controller::app
