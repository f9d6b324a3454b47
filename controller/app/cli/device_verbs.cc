#include <CLI/CLI.hpp>

#include "controller/adapters/http_client.h"
#include "controller/adapters/small_file.h"
#include "controller/app/cli/paths.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kMaxCertificate = 16 * 1024;

struct Enrolment {
  std::string certificate;
  std::string hardware_class;
  std::string site;
  std::vector<std::string> labels;
};

struct Filter {
  std::string hardware_class;
  std::string state;
  bool rollback_options = false;
};

/// Splits "k=v" texts; false when one has no name.
bool read_labels(const std::vector<std::string>& texts, api::Json& out) {
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) return false;
    out[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return true;
}

void enrol(Session& session, const Enrolment& enrolment) {
  const auto certificate = read_small_file(enrolment.certificate, kMaxCertificate);
  if (!certificate.ok()) {
    return session.fail(
        kExitUsage,
        "cannot read certificate " + enrolment.certificate + ": " + certificate.status().reason(),
        "give a PEM file with --cert");
  }
  api::Json labels = api::Json::object();
  if (!read_labels(enrolment.labels, labels)) {
    return session.fail(kExitUsage, "a label has no name", "write --label NAME=VALUE");
  }
  api::Json body = {{"certificate", certificate.value()},
                    {"hardware_class", enrolment.hardware_class},
                    {"labels", labels}};
  if (!enrolment.site.empty()) body["site"] = enrolment.site;
  const auto reply = session.call("POST", "/devices", body);
  if (!reply || session.print_json(*reply)) return;
  std::printf("enrolled %s as %s\n", field(*reply, "id").c_str(),
              field(*reply, "hardware_class").c_str());
}

std::string models_text(const api::Json& device) {
  std::string out;
  for (const auto& model : device.value("models", api::Json::array())) {
    const std::string version = field(model, "active_version");
    out += (out.empty() ? "" : ", ") + field(model, "model") + " " +
           (version == "0" ? "none" : version) + " " + field(model, "state") +
           (field(model, "reason") == "revoked" ? " (revoked)" : "");
  }
  return out.empty() ? "-" : out;
}

std::optional<api::Json> all_devices(Session& session, const Filter& filter) {
  std::string path = "/devices?rollback_options=" + std::to_string(filter.rollback_options);
  if (!filter.hardware_class.empty())
    path += "&class=" + encode_path_segment(filter.hardware_class);
  if (!filter.state.empty()) path += "&state=" + encode_path_segment(filter.state);
  return session.get_all(path, "devices");
}

/// One row for each model of each device.
void print_options(const api::Json& reply) {
  Table table({"DEVICE", "CLASS", "MODEL", "COULD GO BACK TO", "IMAGE"});
  for (const auto& row : reply["devices"]) {
    const auto& options = row["rollback_options"];
    if (options.empty())
      table.add({field(row, "id"), field(row, "hardware_class"), "-", "nothing", "-"});
    for (const auto& option : options) {
      const bool known = option["version"].is_number();
      const bool allowed = option.value("above_floor", true);
      const std::string label = field(option, "label");
      std::string what = known ? "version " + field(option, "version") : "an unregistered image";
      if (known && !label.empty() && label != "-") what += " " + label;
      if (!allowed) what += ", below its security floor";
      if (option.value("revoked", false)) what += ", revoked";
      table.add({field(row, "id"), field(row, "hardware_class"), field(option, "model"), what,
                 digest(option, "image")});
    }
  }
  table.print();
}

void list_devices(Session& session, const Filter& filter) {
  const auto reply = all_devices(session, filter);
  if (!reply || session.print_json(*reply)) return;
  if (filter.rollback_options) return print_options(*reply);
  Table table({"DEVICE", "CLASS", "SITE", "STATE", "LAST REPORT", "MODELS"});
  for (const auto& row : (*reply)["devices"]) {
    table.add({field(row, "id"), field(row, "hardware_class"), field(row, "site"),
               field(row, "state"), instant(row, "last_report"), models_text(row)});
  }
  table.print();
}

void print_model(const api::Json& model) {
  std::printf("\nmodel %s\n", field(model, "model").c_str());
  print_fields(model, {"active_version", "active_digest", "spare_digest", "state", "reason_text",
                       "detail", "rollout", "chunks_done", "chunks_total", "bytes_received",
                       "floor", "attested", "engine_digest"});
}

void show_device(Session& session, const std::string& id) {
  const auto reply = session.get(device_path(id));
  if (!reply || session.print_json(*reply)) return;
  print_fields(*reply,
               {"id", "hardware_class", "claimed_class", "site", "labels", "state", "software",
                "enrolled", "last_report", "last_health", "boot_count", "public_key"});
  const api::Json witness = reply->value("audit_witness", api::Json::object());
  if (number(witness, "size") != 0) {
    std::printf("%-24s %s, %s entries, %s\n", "audit_witness", field(witness, "standing").c_str(),
                field(witness, "size").c_str(),
                witness.value("agrees", false) ? "agrees with the log" : "IS NOT OF THIS LOG");
  }
  for (const auto& model : reply->value("models", api::Json::array())) print_model(model);
}

void print_story(const api::Json& story, const char* indent) {
  for (const auto& fact : story.value("facts", api::Json::array())) {
    std::printf("%s- %s\n", indent, fact.get<std::string>().c_str());
  }
}

void explain_device(Session& session, const std::string& id) {
  const auto reply = session.get(device_path(id) + "/why");
  if (!reply || session.print_json(*reply)) return;
  std::printf("%s\n  to do: %s\n", field(*reply, "summary").c_str(),
              field(*reply, "remedy").c_str());
  print_story(*reply, "  ");
  for (const auto& model : reply->value("models", api::Json::array())) {
    std::printf("%s: %s\n  to do: %s\n", field(model, "model").c_str(),
                field(model, "summary").c_str(), field(model, "remedy").c_str());
    print_story(model, "  ");
  }
}

void retire_device(Session& session, const std::string& id) {
  const auto reply = session.call("DELETE", device_path(id));
  if (!reply || session.print_json(*reply)) return;
  std::printf("retired %s\n", id.c_str());
}

void add_enrol(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand("enrol", "Enrol a device by its certificate");
  auto enrolment = std::make_shared<Enrolment>();
  verb->add_option("--cert", enrolment->certificate, "Certificate (PEM); its common name is the id")
      ->required();
  verb->add_option("--class", enrolment->hardware_class, "Hardware class")->required();
  verb->add_option("--site", enrolment->site, "Site: devices that share an uplink");
  verb->add_option("--label", enrolment->labels, "NAME=VALUE, may be repeated");
  verb->callback([&session, enrolment] { enrol(session, *enrolment); });
}

void add_one(CLI::App& noun, Session& session, const char* name, const char* text,
             void (*run)(Session&, const std::string&)) {
  auto* verb = noun.add_subcommand(name, text);
  auto id = std::make_shared<std::string>();
  verb->add_option("ID", *id, "Device")->required();
  verb->callback([&session, id, run] { run(session, *id); });
}

}  // namespace

void add_device_verbs(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("device", "Devices")->require_subcommand(1);
  add_enrol(*noun, session);
  auto* list = noun->add_subcommand("list", "List devices");
  auto filter = std::make_shared<Filter>();
  list->add_option("--class", filter->hardware_class, "Only of this class");
  list->add_option("--state", filter->state,
                   "Only in this state: active, silent, duplicate, retired, or an update state");
  list->add_flag("--rollback-options", filter->rollback_options,
                 "What each device could go back to without a network");
  list->callback([&session, filter] { list_devices(session, *filter); });
  add_one(*noun, session, "show", "All that is known of a device", show_device);
  add_one(*noun, session, "why", "Where a device stands, why, and what to do", explain_device);
  add_history_verb(*noun, session);
  add_one(*noun, session, "retire", "Take a device's rights away", retire_device);
}

}  // namespace flotilla::controller::app
