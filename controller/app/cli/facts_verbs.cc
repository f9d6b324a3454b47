#include <CLI/CLI.hpp>
#include <cstdio>

#include "controller/adapters/http_client.h"
#include "controller/adapters/mapped_file.h"
#include "controller/adapters/small_file.h"
#include "controller/api/facts_view.h"
#include "controller/app/cli/facts_text.h"
#include "controller/app/cli/interrupts.h"
#include "controller/app/cli/model_source.h"
#include "controller/app/cli/paths.h"
#include "controller/app/cli/step_line.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"
#include "controller/artifact/inspect/inspect_model.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kMaxTfjsManifest = size_t{64} << 20;

struct InspectOrder {
  std::string file;
  std::string manifest;
  bool all = false;
};

struct FactsOrder {
  std::string model;
  std::string version;
  std::string hardware_class;
  bool all = false;
};

void tell(Session& session, const api::Json& facts, bool all) {
  if (session.print_json(facts)) return;
  std::fputs(facts_text(facts, all, terminal_width()).c_str(), stdout);
}

/// The manifest that was named, or FILE.json of a file of no known format, if there is one.
bool read_manifest(Session& session, const InspectOrder& order, Bytes file,
                   std::optional<std::string>& out) {
  const bool is_named = !order.manifest.empty();
  if (!is_named) {
    const auto model = read_model(file);
    if (!model.ok() || model.value().format != ModelFormat::kUnknown) return true;
  }
  const std::string path = is_named ? order.manifest : order.file + ".json";
  const auto text = read_small_file(path, kMaxTfjsManifest);
  if (text.ok()) {
    out = text.value();
  } else if (is_named) {
    session.fail(kExitUsage, file_failure("read", path, text.status()), "check the path");
    return false;
  }
  return true;
}

void inspect_file(Session& session, const InspectOrder& order) {
  const auto file = MappedFile::open(order.file);
  if (!file.ok()) {
    session.fail(kExitUsage, file_failure("read", order.file, file.status()), "check the path");
    return;
  }
  const Bytes bytes = file.value()->bytes();
  std::optional<std::string> manifest;
  if (!read_manifest(session, order, bytes, manifest)) return;
  Interrupts interrupts;
  StepLine line;
  const InspectWatch watch{interrupts.raised(), [&](uint64_t done, uint64_t total) {
                             file.value()->release();
                             line.show("inspecting", done, total);
                           }};
  InspectFault fault;
  const auto facts = manifest ? inspect_tfjs(bytes, *manifest, watch, &fault)
                              : inspect_model(bytes, watch, &fault);
  if (facts.ok()) return tell(session, api::facts_json(facts.value()), order.all);
  if (facts.status().code() == Code::kAborted) return session.fail(kExitRefused, "interrupted", "");
  session.fail(kExitRefused, order.file + ": " + fault.message, fault.remedy);
}

/// The class that was named, or the only one there is.
std::string choose_class(Session& session, const FactsOrder& order, const std::string& path) {
  if (!order.hardware_class.empty()) return order.hardware_class;
  const auto version = session.get(path);
  if (!version) return "";
  const api::Json& variants = (*version)["variants"];
  if (variants.size() == 1) return field(variants[0], "hardware_class");
  std::string names;
  for (const api::Json& variant : variants) {
    names += (names.empty() ? "" : ", ") + field(variant, "hardware_class");
  }
  session.fail(kExitUsage, "the version has variants for " + names, "choose one with --class");
  return "";
}

void show_facts(Session& session, const FactsOrder& order) {
  const std::string path = version_path(order.model, order.version);
  const std::string hardware_class = choose_class(session, order, path);
  if (hardware_class.empty()) return;
  const auto facts = session.get(path + "/facts/" + encode_path_segment(hardware_class));
  if (facts) tell(session, *facts, order.all);
}

}  // namespace

void add_inspect_verb(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand("inspect", "What is in a model file (no server)");
  auto order = std::make_shared<InspectOrder>();
  verb->add_option("FILE", order->file, "Model file")->required();
  verb->add_option("--manifest", order->manifest,
                   "model.json of tfjs shards; FILE.json is found by itself");
  verb->add_flag("--all", order->all, "List every tensor");
  verb->callback([&session, order] { inspect_file(session, *order); });
}

void add_facts_verb(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand("facts", "What the server found in a version's image");
  auto order = std::make_shared<FactsOrder>();
  verb->add_option("NAME", order->model, "Name of the model")->required();
  verb->add_option("VERSION", order->version, "Number or label")->required();
  verb->add_option("--class", order->hardware_class, "Hardware class; needed when there are more");
  verb->add_flag("--all", order->all, "List every tensor");
  verb->callback([&session, order] { show_facts(session, *order); });
}

}  // namespace flotilla::controller::app
