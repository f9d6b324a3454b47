#include <CLI/CLI.hpp>

#include "controller/adapters/small_file.h"
#include "controller/app/cli/lifecycle_text.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kMaxReport = 1024 * 1024;

struct Step {
  VersionName version;
  std::vector<std::string> classes;
  std::string evidence;
  std::string reason;
};

api::Json body_of(const Step& step) {
  api::Json body = api::Json::object();
  if (!step.classes.empty()) body["hardware_classes"] = step.classes;
  if (!step.reason.empty()) body["reason"] = step.reason;
  return body;
}

void post(Session& session, const Step& step, const char* what, const api::Json& body) {
  const auto reply = session.call("POST", version_path(step.version) + "/" + what, body);
  if (!reply || session.print_json(*reply)) return;
  print_lifecycle(*reply);
}

/// The figures of a report that is JSON and has them.
api::Json metrics_of(const std::string& file) {
  const auto text = read_small_file(file, kMaxReport);
  if (!text.ok()) return {};
  const api::Json report = api::Json::parse(text.value(), nullptr, false);
  return report.is_object() ? report.value("metrics", api::Json()) : api::Json();
}

void validate(Session& session, Step& step) {
  if (!split_alias(session, step.version)) return;
  const auto digest = session.upload(step.evidence);
  if (!digest) return;
  api::Json body = body_of(step);
  body["file"] = *digest;
  const api::Json metrics = metrics_of(step.evidence);
  if (metrics.is_object()) body["metrics"] = metrics;
  post(session, step, "evidence", body);
}

std::shared_ptr<Step> add_step(CLI::App& verb) {
  auto step = std::make_shared<Step>();
  // The version's names live in the step.
  add_version(verb, std::shared_ptr<VersionName>(step, &step->version));
  verb.add_option("--class", step->classes,
                  "Only on this hardware class, may be repeated; default: all of the version");
  return step;
}

void add_change(CLI::App& noun, Session& session, const char* name, const char* text) {
  auto* verb = noun.add_subcommand(name, text);
  const auto step = add_step(*verb);
  verb->add_option("--reason", step->reason, "Kept in the audit log");
  verb->callback([&session, step, name] {
    if (split_alias(session, step->version)) post(session, *step, name, body_of(*step));
  });
}

}  // namespace

void change_release(Session& session, const std::string& model, const std::string& version,
                    const std::vector<std::string>& classes, const std::string& reason) {
  Step step{{model, version}, classes, "", reason};
  if (split_alias(session, step.version)) post(session, step, "release", body_of(step));
}

void add_lifecycle_verbs(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand("validate", "Post evidence about a version");
  const auto step = add_step(*verb);
  verb->add_option("--evidence", step->evidence,
                   "Report; when it is JSON, its member `metrics` is posted too")
      ->required();
  verb->callback([&session, step] { validate(session, *step); });
  auto* approve = noun.add_subcommand("approve", "Approve a version of somebody else");
  const auto approval = add_step(*approve);
  approve->callback([&session, approval] {
    if (split_alias(session, approval->version))
      post(session, *approval, "approvals", body_of(*approval));
  });
  add_change(noun, session, "deprecate", "No new rollouts of a version");
  add_change(noun, session, "revoke", "No rollout of a version any more; halts those that move");
}

}  // namespace flotilla::controller::app
