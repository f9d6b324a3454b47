#include <CLI/CLI.hpp>

#include "controller/adapters/http_client.h"
#include "controller/app/cli/loss_table.h"
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
  double step = 0;
  bool all = false;
};

api::Json body_of(const Release& release) {
  api::Json body = {{"base", release.base}, {"step", release.step}};
  if (!release.label.empty()) body["label"] = release.label;
  if (!release.classes.empty()) body["hardware_classes"] = release.classes;
  return body;
}

void release_version(Session& session, const Release& release) {
  const std::string path = "/models/" + encode_path_segment(release.model) + "/versions/" +
                           encode_path_segment(release.version) + "/delta-aware";
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
      "release", "Release a version's weights rounded, as a new version with a small delta");
  auto release = std::make_shared<Release>();
  verb->add_option("NAME", release->model, "Name of the model")->required();
  verb->add_option("VERSION", release->version, "Version to round, which stays as it is")
      ->required();
  verb->add_option("--delta-aware", release->step, kStepHelp)->required()->type_name("STEP");
  verb->add_option("--base", release->base, "Version that devices have")->required();
  verb->add_option("--as", release->label, "Label of the new version; default: VERSION-rounded");
  verb->add_option("--class", release->classes, "Only for this hardware class, may be repeated");
  verb->add_flag("--all", release->all, "List every tensor");
  verb->callback([&session, release] { release_version(session, *release); });
}

}  // namespace flotilla::controller::app
