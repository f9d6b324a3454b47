#include <CLI/CLI.hpp>

#include "controller/adapters/http_client.h"
#include "controller/app/cli/amounts.h"
#include "controller/app/cli/document_file.h"
#include "controller/app/cli/facts_text.h"
#include "controller/app/cli/loss_table.h"
#include "controller/app/cli/paths.h"
#include "controller/app/cli/search_table.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/until_done.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

struct Push {
  std::string model;
  std::string file;
  std::string label;
  std::string document;
  uint32_t security_counter = 0;
  VariantSpec single;  ///< with --class
  std::vector<std::string> variants;
};

/// The variants to push, or what is wrong with the command.
std::string collect_variants(const Push& push, std::vector<VariantSpec>& out) {
  if (!push.file.empty()) {
    if (push.single.hardware_class.empty()) return "FILE needs --class CLASS";
    VariantSpec spec = push.single;
    spec.file = push.file;
    out.push_back(spec);
  }
  for (const std::string& text : push.variants) {
    const auto spec = parse_variant(text);
    if (!spec) {
      return "--variant is '" + text +
             "'; write CLASS=FILE[,golden=FILE][,runtime=TEXT][,counter=N]";
    }
    out.push_back(*spec);
  }
  return out.empty() ? "there is nothing to push: give FILE and --class, or --variant" : "";
}

std::optional<api::Json> upload_variant(Session& session, const VariantSpec& spec,
                                        uint32_t security_counter) {
  const auto image = session.upload(spec.file);
  if (!image) return std::nullopt;
  api::Json variant = {{"hardware_class", spec.hardware_class},
                       {"image", *image},
                       {"runtime", spec.runtime},
                       {"security_counter", spec.security_counter.value_or(security_counter)}};
  if (spec.golden.empty()) return variant;
  const auto golden = session.upload(spec.golden);
  if (!golden) return std::nullopt;
  variant["golden"] = *golden;
  return variant;
}

std::optional<api::Json> make_body(Session& session, const Push& push) {
  std::vector<VariantSpec> specs;
  const std::string wrong = collect_variants(push, specs);
  if (!wrong.empty()) {
    session.fail(kExitUsage, wrong, "see 'flotilla model push --help'");
    return std::nullopt;
  }
  api::Json body = {{"variants", api::Json::array()}};
  if (!push.label.empty()) body["label"] = push.label;
  if (!push.document.empty()) {
    const auto text = read_document_file(session, push.document);
    if (!text) return std::nullopt;
    body["document"] = *text;
  }
  for (const VariantSpec& spec : specs) {
    auto variant = upload_variant(session, spec, push.security_counter);
    if (!variant) return std::nullopt;
    body["variants"].push_back(std::move(*variant));
  }
  return body;
}

void push_model(Session& session, const Push& push) {
  const auto body = make_body(session, push);
  if (!body) return;
  const auto reply =
      call_until_done(session, "/models/" + encode_path_segment(push.model) + "/versions", *body);
  if (!reply || session.print_json(*reply)) return;
  std::printf("%s version %s%s%s\n", push.model.c_str(), field(*reply, "version").c_str(),
              push.label.empty() ? "" : ", label ", push.label.c_str());
  for (const auto& variant : (*reply)["variants"]) {
    std::printf("  %s: %s, image %s\n", field(variant, "hardware_class").c_str(),
                size_text(number(variant, "image_size")).c_str(),
                digest(variant, "image_digest").c_str());
    if (variant["facts"].is_object()) {
      std::printf("    %s\n", facts_line(variant["facts"]).c_str());
    }
    if (variant.value("state", "released") != "released") {
      std::printf("    %s: a policy holds it back; see 'flotilla policy check %s %s'\n",
                  field(variant, "state").c_str(), push.model.c_str(),
                  field(*reply, "version").c_str());
    }
    if (!variant["release_digest"].is_null()) continue;
    std::printf("    not signed yet: flotilla model sign %s %s --class %s --key release.key\n",
                push.model.c_str(), field(*reply, "version").c_str(),
                field(variant, "hardware_class").c_str());
  }
}

void list_models(Session& session) {
  const auto reply = session.get_all("/models", "models");
  if (!reply || session.print_json(*reply)) return;
  Table table({"MODEL", "VERSIONS", "NEWEST", "LABEL", "CREATED"});
  for (const auto& row : (*reply)["models"]) {
    const api::Json& newest = row["newest"];
    table.add({field(row, "model"), field(row, "versions"), field(newest, "version"),
               field(newest, "label"), instant(newest, "created")});
  }
  table.print();
}

void show_model(Session& session, const std::string& model) {
  auto reply = session.get_all("/models/" + encode_path_segment(model), "versions");
  if (!reply) return;
  (*reply)["model"] = model;
  if (session.print_json(*reply)) return;
  Table table({"VERSION", "LABEL", "CREATED", "BY", "CLASSES", "LINEAGE"});
  for (const auto& row : (*reply)["versions"]) {
    std::string classes;
    for (const auto& name : row["hardware_classes"]) {
      classes += (classes.empty() ? "" : ", ") + name.get<std::string>();
    }
    table.add({field(row, "version"), field(row, "label"), instant(row, "created"),
               field(row, "created_by"), classes, lineage_text(row["lineage"])});
  }
  table.print();
}

void show_version(Session& session, const std::string& model, const std::string& version) {
  const auto reply = session.get(version_path(model, version));
  if (!reply || session.print_json(*reply)) return;
  print_fields(*reply, {"model", "version", "label", "created", "created_by", "document_digest"});
  const bool is_rounded = (*reply)["lineage"].is_object();
  if (is_rounded) {
    std::printf("%-24s %s\n", "lineage", lineage_text((*reply)["lineage"]).c_str());
  }
  if (field(*reply, "deleted") != "-") {
    std::printf("%-24s deleted %s\n", "bytes", instant(*reply, "deleted").c_str());
  }
  for (const auto& variant : (*reply)["variants"]) {
    std::printf("\nclass %s\n", field(variant, "hardware_class").c_str());
    print_fields(variant, {"state", "aliases", "image_digest", "image_size", "golden_digest",
                           "runtime", "security_counter", "release_digest"});
    if (variant["facts"].is_object()) {
      std::printf("%-24s %s\n", "measured", facts_line(variant["facts"]).c_str());
    }
    if (variant["release_digest"].is_null()) std::printf("%-24s not signed yet\n", "release");
    for (const auto& engine : variant["engines"]) {
      std::printf("%-24s %s on %s devices\n", "engine", digest(engine, "digest").c_str(),
                  field(engine, "devices").c_str());
    }
    for (const auto& approval : variant["approvals"]) {
      std::printf("%-24s %s, key %s, %s\n", "approved by", field(approval, "approver").c_str(),
                  field(approval, "key").c_str(), instant(approval, "created").c_str());
    }
  }
  if (is_rounded) {
    std::fputs(loss_text(field(*reply, "document"), true).c_str(), stdout);
  } else if (field(*reply, "document") != "-") {
    show_newest_document(session, model, version);
  }
}

void add_push(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand("push", "Store files and register a version of a model");
  auto push = std::make_shared<Push>();
  verb->add_option("NAME", push->model, "Name of the model")->required();
  verb->add_option("FILE", push->file, "Model file, with --class");
  verb->add_option("--class", push->single.hardware_class, "Hardware class of FILE");
  verb->add_option("--golden", push->single.golden, "Golden-vector file of FILE");
  verb->add_option("--runtime", push->single.runtime, "Runtime requirement of FILE");
  verb->add_option("--variant", push->variants,
                   "CLASS=FILE[,golden=FILE][,runtime=TEXT][,counter=N], may be repeated");
  verb->add_option("--label", push->label, "Label of the version, as 2.1.0");
  verb->add_option("--document", push->document,
                   "Version document (JSON file); see docs/metadata.md");
  verb->add_option("--security-counter", push->security_counter, "Anti-downgrade number");
  verb->callback([&session, push] { push_model(session, *push); });
}

}  // namespace

void add_model_verbs(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("model", "Models and versions")->require_subcommand(1);
  add_push(*noun, session);
  add_release_verb(*noun, session);
  add_delta_verb(*noun, session);
  add_apply_verb(*noun, session);
  add_inspect_verb(*noun, session);
  add_optimise_verb(*noun, session);
  add_reproduce_verb(*noun, session);
  add_facts_verb(*noun, session);
  add_document_verbs(*noun, session);
  add_fit_verb(*noun, session);
  add_lifecycle_verbs(*noun, session);
  add_alias_verbs(*noun, session);
  add_signing_verbs(*noun, session);
  add_retention_verbs(*noun, session);
  auto* list = noun->add_subcommand("list", "List the models, or search their versions");
  auto where = std::make_shared<std::string>();
  auto limit = std::make_shared<uint64_t>(100);
  auto* option = list->add_option("--where", *where, "Expression of docs/search.md: list versions");
  list->add_option("--limit", *limit, "Versions, at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  list->callback([&session, where, limit, option] {
    if (option->empty()) return list_models(session);
    list_versions(session, *where, *limit);
  });
  auto* show = noun->add_subcommand("show", "Versions of a model, or one version");
  auto name = std::make_shared<std::string>();
  auto version = std::make_shared<std::string>();
  show->add_option("NAME", *name, "Name of the model, or NAME@ALIAS")->required();
  show->add_option("VERSION", *version, "Number, label or @ALIAS");
  auto revisions = std::make_shared<bool>(false);
  show->add_flag("--revisions", *revisions, "List the revisions of the version's document");
  show->callback([&session, name, version, revisions] {
    const size_t at = name->find('@');
    if (at != std::string::npos && version->empty()) {
      *version = name->substr(at);
      name->resize(at);
    }
    if (!version->empty() && *revisions) return show_revisions(session, *name, *version);
    if (version->empty()) return show_model(session, *name);
    show_version(session, *name, *version);
  });
}

}  // namespace flotilla::controller::app
