#include <CLI/CLI.hpp>
#include <algorithm>

#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/mbed_signer.h"
#include "controller/adapters/small_file.h"
#include "controller/app/cli/lifecycle_text.h"
#include "controller/app/cli/paths.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"
#include "controller/app/clocks.h"
#include "controller/artifact/manifest_builder.h"
#include "controller/domain/text.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kMaxReport = 1024 * 1024;

struct Step {
  VersionName version;
  std::vector<std::string> classes;
  std::string evidence;
  std::string reason;
  std::string key;
};

api::Json body_of(const Step& step) {
  api::Json body = api::Json::object();
  if (!step.classes.empty()) body["hardware_classes"] = step.classes;
  if (!step.reason.empty()) body["reason"] = step.reason;
  return body;
}

/// What a revocation has to do with devices.
void print_concerned(const api::Json& devices) {
  const auto of = [&](const char* name) {
    const auto count = devices.value(name, 0u);
    return std::to_string(count) + (count == 1 ? " device" : " devices");
  };
  std::printf(
      "%s run it: they go back to what they hold, or say revoked; %s hold it in the spare "
      "slot and start it no more\n",
      of("running").c_str(), of("holding").c_str());
}

void post(Session& session, const Step& step, const char* what, const api::Json& body) {
  const auto reply = session.call(
      "POST", version_path(step.version.model, step.version.version) + "/" + what, body);
  if (!reply || session.print_json(*reply)) return;
  print_lifecycle(*reply);
  const auto devices = reply->find("devices");
  if (devices != reply->end()) print_concerned(*devices);
}

/// Reads the figures of a report that is JSON and has them; a report in any other form has none.
/// False, and told: it calls itself JSON and is not, or its figures have no names. Figures that a
/// policy asks for would be lost without a word.
bool read_metrics(Session& session, const std::string& file, api::Json& out) {
  const auto text = read_small_file(file, kMaxReport);
  const bool is_json = file.ends_with(".json");
  if (text.status().code() == Code::kOutOfRange && is_json) {
    session.fail(kExitUsage, file + " is too large to read 'metrics' from",
                 "post a summary of at most " + std::to_string(kMaxReport >> 20) + " MiB");
    return false;
  }
  if (!text.ok()) return true;  // the upload says why
  const api::Json report = api::Json::parse(text.value(), nullptr, false);
  if (report.is_discarded() && is_json) {
    session.fail(kExitUsage, file + " is not valid JSON",
                 "mend it, or give a report of another form another ending");
    return false;
  }
  if (report.is_object()) out = report.value("metrics", api::Json());
  if (out.is_null() || out.is_object()) return true;
  session.fail(kExitUsage, "'metrics' of " + file + " must be an object",
               R"(write it as {"metrics": {"f1": 0.91}})");
  return false;
}

void validate(Session& session, Step& step) {
  if (!split_alias(session, step.version)) return;
  api::Json metrics;
  if (!read_metrics(session, step.evidence, metrics)) return;
  const auto digest = session.upload(step.evidence);
  if (!digest) return;
  api::Json body = body_of(step);
  body["file"] = *digest;
  if (metrics.is_object()) body["metrics"] = metrics;
  post(session, step, "evidence", body);
}

bool is_wanted(const Step& step, const std::string& hardware_class) {
  return step.classes.empty() ||
         std::find(step.classes.begin(), step.classes.end(), hardware_class) != step.classes.end();
}

/// Signed here: the key never leaves this machine. Empty when something was wrong, which was told.
api::Json sign_approvals(Session& session, const Step& step, const api::Json& version,
                         const std::string& identity) {
  MbedHasher hasher;
  const auto key = MbedSigner::load(hasher, step.key);
  api::Json out = api::Json::array();
  Status status = key.status();
  for (const auto& variant : version["variants"]) {
    if (!status.ok() || !is_wanted(step, field(variant, "hardware_class"))) continue;
    if (field(variant, "release_digest") == "-") {
      session.fail(kExitRefused,
                   "the release for " + field(variant, "hardware_class") +
                       " is not signed yet: there is nothing that a key could approve",
                   "have it signed first: flotilla model sign " + field(version, "model") + " " +
                       field(version, "version") + " --key RELEASE.key");
      return {};
    }
    Approval approval;
    const bool fits = parse_hex(field(variant, "release_digest"), approval.release_digest) &&
                      approval.model.assign(field(version, "model")) &&
                      approval.hardware_class.assign(field(variant, "hardware_class")) &&
                      approval.approver.assign(identity);
    approval.version = version.value("version", 0u);
    approval.issued = wall_now();
    const auto envelope = fits ? sign_approval(hasher, *key.value(), approval)
                               : Result<std::string>(Status(Code::kInvalidArgument,
                                                            "the version cannot be signed for"));
    status = envelope.status();
    if (status.ok()) out.push_back(hex_text(as_bytes(envelope.value())));
  }
  if (status.ok()) return out;
  session.fail(kExitRefused, "cannot sign with " + step.key + ": " + status.reason(),
               "give the file of your own key with --key");
  return {};
}

void approve(Session& session, Step& step) {
  if (!split_alias(session, step.version)) return;
  api::Json body = body_of(step);
  if (!step.key.empty()) {
    const auto version = session.get(version_path(step.version.model, step.version.version));
    const auto me = version ? session.get("/whoami") : std::nullopt;
    if (!me) return;
    body["envelopes"] = sign_approvals(session, step, *version, field(*me, "identity"));
    if (!body["envelopes"].is_array()) return;
  }
  post(session, step, "approvals", body);
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
  Step step{{model, version}, classes, "", reason, ""};
  if (split_alias(session, step.version)) post(session, step, "release", body_of(step));
}

void add_lifecycle_verbs(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand("validate", "Post evidence about a version");
  const auto step = add_step(*verb);
  verb->add_option("--evidence", step->evidence,
                   "Report; when it is JSON, its member `metrics` is posted too")
      ->required();
  verb->callback([&session, step] { validate(session, *step); });
  auto* approve_verb = noun.add_subcommand("approve", "Approve a version of somebody else");
  const auto approval = add_step(*approve_verb);
  approve_verb->add_option("--key", approval->key,
                           "Your own key: signs here, for servers whose keyset names approvers");
  approve_verb->callback([&session, approval] { approve(session, *approval); });
  add_change(noun, session, "deprecate", "No new rollouts of a version");
  add_change(noun, session, "revoke",
             "No rollout of a version any more; halts those that move, and devices leave it");
}

}  // namespace flotilla::controller::app
