#include <CLI/CLI.hpp>
#include <cstdio>

#include "controller/adapters/small_file.h"
#include "controller/api/document/version_document.h"
#include "controller/app/cli/document_file.h"
#include "controller/app/cli/paths.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/until_done.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kMaxDocumentFile = 256 * 1024;

struct DocumentOrder {
  std::string model;
  std::string version;
  std::string file;
  std::string reason;
  std::optional<uint32_t> revision;
  bool is_template = false;
};

std::string document_path(const DocumentOrder& order) {
  return version_path(order.model, order.version) + "/document";
}

void print_document(const api::Json& revision) {
  const std::string text = revision.value("document", "");
  const api::Json document = api::Json::parse(text, nullptr, false);
  std::printf("%s\n", document.is_discarded() ? text.c_str() : document.dump(2).c_str());
}

void show_document(Session& session, const DocumentOrder& order) {
  if (order.is_template) {
    std::fputs(api::document_template().c_str(), stdout);
    return;
  }
  if (order.version.empty()) {
    return session.fail(kExitUsage, "name a model and a version, or give --template",
                        "see 'flotilla model document --help'");
  }
  const std::string query =
      order.revision ? "?revision=" + std::to_string(*order.revision) : std::string();
  const auto reply = session.get(document_path(order) + query);
  if (!reply || session.print_json(*reply)) return;
  print_document(*reply);
}

void revise(Session& session, const DocumentOrder& order) {
  const auto text = read_document_file(session, order.file);
  if (!text) return;
  api::Json body = {{"document", *text}};
  if (!order.reason.empty()) body["reason"] = order.reason;
  const auto reply = call_until_done(session, document_path(order), body);
  if (!reply || session.print_json(*reply)) return;
  std::printf("%s version %s: document revision %s, %s\n", order.model.c_str(),
              field(*reply, "version").c_str(), field(*reply, "revision").c_str(),
              digest(*reply, "document_digest").c_str());
}

}  // namespace

std::optional<std::string> read_document_file(Session& session, const std::string& path) {
  const auto text = read_small_file(path, kMaxDocumentFile);
  if (text.ok()) return text.value();
  session.fail(kExitUsage, "cannot read " + path + ": " + text.status().reason(),
               "give a file of at most 256 KiB with --document");
  return std::nullopt;
}

void show_newest_document(Session& session, const std::string& model, const std::string& version) {
  const auto reply = session.get(version_path(model, version) + "/document");
  if (!reply) return;
  if (reply->value("revision", 0) != 0) {
    std::printf("\ndocument as corrected: revision %s, %s by %s, reason: %s\n",
                field(*reply, "revision").c_str(), instant(*reply, "created").c_str(),
                field(*reply, "created_by").c_str(), field(*reply, "reason").c_str());
  }
  std::printf("\n");
  print_document(*reply);
}

void show_revisions(Session& session, const std::string& model, const std::string& version) {
  const auto reply = session.get(version_path(model, version) + "/document");
  if (!reply || session.print_json(*reply)) return;
  Table table({"REVISION", "DOCUMENT", "AFTER", "CREATED", "BY", "REASON"});
  for (const auto& row : (*reply)["revisions"]) {
    table.add({field(row, "revision"), digest(row, "document_digest"),
               digest(row, "previous_digest"), instant(row, "created"), field(row, "created_by"),
               field(row, "reason")});
  }
  table.print();
}

void add_document_verbs(CLI::App& noun, Session& session) {
  auto order = std::make_shared<DocumentOrder>();
  auto* show = noun.add_subcommand("document", "Print a version document, or an empty one");
  show->add_option("NAME", order->model, "Name of the model");
  show->add_option("VERSION", order->version, "Number or label");
  show->add_option("--revision", order->revision, "0: as it was registered; default: the newest");
  show->add_flag("--template", order->is_template, "Every member there is, to fill in (no server)");
  show->callback([&session, order] { show_document(session, *order); });

  auto revision = std::make_shared<DocumentOrder>();
  auto* verb = noun.add_subcommand("revise", "Add a corrected document to a version");
  verb->add_option("NAME", revision->model, "Name of the model")->required();
  verb->add_option("VERSION", revision->version, "Number or label")->required();
  verb->add_option("--document", revision->file, "Version document (JSON file)")->required();
  verb->add_option("--reason", revision->reason, "What was corrected; stands in the audit log");
  verb->callback([&session, revision] { revise(session, *revision); });
}

}  // namespace flotilla::controller::app
