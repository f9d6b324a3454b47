#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "controller/app/cli/facts_text.h"
#include "controller/app/cli/optimise_file.h"
#include "controller/app/cli/paths.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/until_done.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

constexpr const char* kStepsHelp =
    "prune:SHARE, quantise:int8, command:NAME[:ARGUMENTS] or compile:NAME[:ARGUMENTS]; may be "
    "repeated, done in this order";

struct Optimisation {
  FileOrder file;
  std::string version;
  std::string hardware_class;
  std::string from;
  std::string label;
  std::string runtime;
  std::string golden;
  bool keeps_golden = false;
  std::optional<double> tolerance;
  std::string tolerance_kind;
};

struct Reproduction {
  std::string model;
  std::string version;
  std::string hardware_class;
};

std::optional<api::Json> optimise_body(Session& session, const Optimisation& wish) {
  api::Json body = {{"steps", wish.file.steps}, {"hardware_class", wish.hardware_class}};
  if (!wish.from.empty()) body["from"] = wish.from;
  if (!wish.label.empty()) body["label"] = wish.label;
  if (!wish.runtime.empty()) body["runtime"] = wish.runtime;
  if (wish.keeps_golden) body["keep_golden"] = true;
  if (wish.tolerance) body["tolerance"] = *wish.tolerance;
  if (!wish.tolerance_kind.empty()) body["tolerance_kind"] = wish.tolerance_kind;
  if (wish.golden.empty()) return body;
  const auto golden = session.upload(wish.golden);
  if (!golden) return std::nullopt;
  body["golden"] = *golden;
  return body;
}

/// The chain in the document of an answered version.
api::Json chain_in(const api::Json& version) {
  const auto document = api::Json::parse(field(version, "document"), nullptr, false);
  if (!document.is_object() || !document.contains("variants")) return api::Json::array();
  const api::Json& variants = document["variants"];
  const bool has_chain = variants.is_array() && !variants.empty() && variants[0].is_object() &&
                         variants[0].contains("optimisation");
  return has_chain ? variants[0]["optimisation"] : api::Json::array();
}

void optimise_version(Session& session, const Optimisation& wish) {
  const auto body = optimise_body(session, wish);
  if (!body) return;
  const auto reply =
      call_until_done(session, version_path(wish.file.file, wish.version) + "/optimise", *body);
  if (!reply || session.print_json(*reply)) return;
  std::printf("%s version %s, label %s\n", wish.file.file.c_str(), field(*reply, "version").c_str(),
              field(*reply, "label").c_str());
  std::fputs(chain_text(chain_in(*reply)).c_str(), stdout);
  for (const auto& variant : (*reply)["variants"]) {
    std::printf("%s: %s, image %s\n", field(variant, "hardware_class").c_str(),
                size_text(number(variant, "image_size")).c_str(),
                digest(variant, "image_digest").c_str());
    if (variant["facts"].is_object()) std::printf("  %s\n", facts_line(variant["facts"]).c_str());
  }
}

void optimise(Session& session, const Optimisation& wish) {
  const bool is_file = wish.version.empty();
  if (is_file && wish.file.output.empty()) {
    return session.fail(kExitUsage,
                        "give --out FILE2 with a file, or a VERSION and --for CLASS with a model",
                        "see 'flotilla model optimise --help'");
  }
  if (is_file) return optimise_file(session, wish.file);
  if (!wish.file.output.empty() || wish.hardware_class.empty()) {
    return session.fail(kExitUsage, "a version needs --for CLASS, and has no --out",
                        "see 'flotilla model optimise --help'");
  }
  optimise_version(session, wish);
}

/// Any text that differs from run to run.
std::string fresh_run() {
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return std::to_string(now) + "-" + std::to_string(::getpid());
}

void reproduce_version(Session& session, const Reproduction& wish) {
  api::Json body = {{"run", fresh_run()}};
  if (!wish.hardware_class.empty()) body["hardware_class"] = wish.hardware_class;
  const auto reply =
      call_until_done(session, version_path(wish.model, wish.version) + "/reproduce", body);
  if (!reply) return;
  const bool is_same = (*reply)["same"] == true;
  if (!is_same) session.exit_code = kExitRefused;
  if (session.print_json(*reply)) return;
  Table table({"STEP", "RECORDED", "NOW", ""});
  for (const auto& step : (*reply)["steps"]) {
    table.add({field(step, "step"), digest(step, "recorded_digest"), digest(step, "digest"),
               step["same"] == true ? "same" : "differs"});
  }
  table.print();
  if (is_same) {
    std::printf("%s version %s: every step gives the recorded bytes\n", wish.model.c_str(),
                wish.version.c_str());
    return;
  }
  const auto& differing = (*reply)["steps"].back();
  std::string why = "step '" + field(differing, "step") + "' gives other bytes than recorded";
  if (field(differing, "recorded_tool") != field(differing, "tool")) {
    why += " (recorded: " + field(differing, "recorded_tool") +
           ", now: " + field(differing, "tool") + ")";
  }
  if (reply->contains("fault")) why = field(*reply, "fault");
  std::printf("%s version %s: %s\n", wish.model.c_str(), wish.version.c_str(), why.c_str());
}

}  // namespace

void add_optimise_verb(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand(
      "optimise", "Make a model smaller: a file on this machine, or a version on the server");
  auto wish = std::make_shared<Optimisation>();
  verb->add_option("MODEL", wish->file.file, "ONNX or safetensors file, or name of a model")
      ->required();
  verb->add_option("VERSION", wish->version, "Version to begin with, which stays as it is");
  verb->add_option("--step", wish->file.steps, kStepsHelp)->required()->allow_extra_args(false);
  verb->add_option("--out", wish->file.output, "File to write (no server)");
  verb->add_flag("--force", wish->file.force, "Replace a file that exists");
  verb->add_option("--for", wish->hardware_class, "Hardware class of the new version");
  verb->add_option("--from", wish->from,
                   "Class of the variant to begin with; default: the same, or the only one");
  verb->add_option("--as", wish->label, "Label of the new version; default: VERSION-opt");
  verb->add_option("--runtime", wish->runtime, "Runtime requirement; default: the variant's");
  verb->add_flag("--keep-golden", wish->keeps_golden, "Keep the variant's golden vectors");
  verb->add_option("--golden", wish->golden, "Golden-vector file of its own");
  verb->add_option("--tolerance", wish->tolerance, "Largest allowed difference, for the document");
  verb->add_option("--tolerance-kind", wish->tolerance_kind, "absolute or relative");
  verb->callback([&session, wish] { optimise(session, *wish); });
}

void add_reproduce_verb(CLI::App& noun, Session& session) {
  auto* verb =
      noun.add_subcommand("reproduce", "Run a version's recorded optimisation chain again");
  auto wish = std::make_shared<Reproduction>();
  verb->add_option("NAME", wish->model, "Name of the model")->required();
  verb->add_option("VERSION", wish->version, "Number or label")->required();
  verb->add_option("--class", wish->hardware_class, "Hardware class; needed when there are more");
  verb->callback([&session, wish] { reproduce_version(session, *wish); });
}

}  // namespace flotilla::controller::app
