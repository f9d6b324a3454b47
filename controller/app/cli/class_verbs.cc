#include <CLI/CLI.hpp>

#include "controller/adapters/http_client.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

struct ClassSettings {
  std::string name;
  api::Json values = api::Json::object();  ///< by the API's names; only what was given
};

void set_class(Session& session, const ClassSettings& settings) {
  const auto reply =
      session.call("PUT", "/classes/" + encode_path_segment(settings.name), settings.values);
  if (!reply || session.print_json(*reply)) return;
  print_fields(*reply, {"name", "slot_size", "chunk_max", "erase_unit", "decoder_memory", "ram",
                        "runtime", "runtime_version", "accelerator", "accelerator_generation"});
}

/// "onnxruntime 1.16"
std::string both(const api::Json& row, const char* name, const char* detail) {
  const std::string more = field(row, detail);
  return field(row, name) + (more == "-" ? "" : " " + more);
}

void list_classes(Session& session) {
  const auto reply = session.get("/classes");
  if (!reply || session.print_json(*reply)) return;
  Table table(
      {"CLASS", "SLOT", "CHUNK", "ERASE UNIT", "DECODER MEMORY", "RAM", "RUNTIME", "ACCELERATOR"});
  for (const auto& row : (*reply)["classes"]) {
    table.add({field(row, "name"), size_text(number(row, "slot_size")), field(row, "chunk_max"),
               field(row, "erase_unit"), field(row, "decoder_memory"),
               number(row, "ram") == 0 ? "-" : size_text(number(row, "ram")),
               both(row, "runtime", "runtime_version"),
               both(row, "accelerator", "accelerator_generation")});
  }
  table.print();
}

}  // namespace

void add_class_verbs(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("class", "Hardware classes")->require_subcommand(1);
  auto* set = noun->add_subcommand("set", "Make or change a class");
  auto settings = std::make_shared<ClassSettings>();
  set->add_option("NAME", settings->name, "Name of the class")->required();
  for (const auto& [flag, member, text] :
       {std::tuple{"--slot-size", "slot_size", "Bytes of a model image (64M is understood)"},
        std::tuple{"--chunk-max", "chunk_max", "Payload bytes of a chunk"},
        std::tuple{"--erase-unit", "erase_unit", "Bytes; a power of two"},
        std::tuple{"--decoder-memory", "decoder_memory", "Bytes a transfer may declare"},
        std::tuple{"--ram", "ram", "Bytes a model may use while it runs; 0: not stated"}}) {
    set->add_option_function<uint64_t>(
           flag,
           [settings, name = std::string(member)](const uint64_t& value) {
             settings->values[name] = value;
           },
           text)
        ->transform(CLI::AsSizeValue(false));
  }
  for (const auto& [flag, member, text] :
       {std::tuple{"--runtime", "runtime", "Installed runtime, as onnxruntime"},
        std::tuple{"--runtime-version", "runtime_version", "Its version, as 1.16.3"},
        std::tuple{"--accelerator", "accelerator", "Its kind: cpu, gpu, npu, dsp"},
        std::tuple{"--accelerator-generation", "accelerator_generation", "Its generation"}}) {
    set->add_option_function<std::string>(
        flag,
        [settings, name = std::string(member)](const std::string& value) {
          settings->values[name] = value;
        },
        text);
  }
  set->callback([&session, settings] { set_class(session, *settings); });
  noun->add_subcommand("list", "List the classes")->callback([&session] { list_classes(session); });
}

}  // namespace flotilla::controller::app
