#include <CLI/CLI.hpp>
#include <ctime>

#include "controller/adapters/http_client.h"
#include "controller/adapters/output_file.h"
#include "controller/app/cli/instant_option.h"
#include "controller/app/cli/paths.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"
#include "controller/domain/text.h"

namespace flotilla::controller::app {

namespace {

struct HistoryOptions {
  std::string device;
  std::string model;
  std::string at;
  std::string out;
};

/// The query that both questions share; nothing when the instant cannot be read.
std::optional<std::string> query_of(Session& session, const HistoryOptions& options) {
  std::string query;
  if (!options.model.empty()) query += "&model=" + encode_path_segment(options.model);
  if (options.at.empty()) return query;
  const auto at_ms = read_instant(options.at);
  if (at_ms) return query + "&at_ms=" + std::to_string(*at_ms);
  session.fail(kExitUsage, "'" + options.at + "' is no instant",
               "write it as 2026-05-01T12:00:00Z, or without the time of day");
  return std::nullopt;
}

void write_bundle(Session& session, const HistoryOptions& options, const std::string& query) {
  auto reply = session.get(device_path(options.device) + "/proof?" + query);
  if (!reply) return;
  const auto bundle = parse_hex_text(reply->value("bundle", ""));
  const Status status =
      bundle ? write_whole(options.out, OutputFile::Existing::kReplace, as_bytes(*bundle))
             : Status(Code::kInternal, "the server's answer has no bundle");
  if (!session.written(options.out, status)) return;
  reply->erase("bundle");
  (*reply)["file"] = options.out;
  if (session.print_json(*reply)) return;
  std::printf(
      "%s: %s ran %s version %s from %s on; check it anywhere with\n"
      "  flotilla audit verify %s --root-key root.pub\n",
      options.out.c_str(), options.device.c_str(), field(*reply, "model").c_str(),
      field(*reply, "version").c_str(), instant(*reply, "time").c_str(), options.out.c_str());
}

void show_history(Session& session, const HistoryOptions& options, const std::string& query) {
  const auto reply = session.get(device_path(options.device) + "/history?" + query);
  if (!reply || session.print_json(*reply)) return;
  print_fields(*reply, {"device", "hardware_class", "site"});
  std::printf("\n");
  Table states({"ENTRY", "TIME", "MODEL", "OUTCOME", "ROLLOUT", "RUNS VERSION", "IMAGE"});
  for (const auto& row : (*reply)["states"]) {
    const std::string label = field(row, "label");
    states.add({field(row, "entry"), instant(row, "time"), field(row, "model"),
                field(row, "outcome"), field(row, "rollout"),
                field(row, "version") + (label.empty() || label == "-" ? "" : " " + label),
                digest(row, "image")});
  }
  states.print();
  std::printf("\n");
  Table events({"ENTRY", "TIME", "ACTOR", "ACTION", "DETAIL"});
  for (const auto& row : (*reply)["events"]) {
    events.add({field(row, "number"), instant(row, "time"), field(row, "actor"),
                field(row, "action"), field(row, "detail")});
  }
  events.print();
}

void run_history(Session& session, const HistoryOptions& options) {
  const auto query = query_of(session, options);
  if (!query) return;
  if (options.out.empty()) {
    show_history(session, options, *query);
  } else {
    write_bundle(session, options, *query);
  }
}

}  // namespace

std::optional<int64_t> read_instant(const std::string& text) {
  std::tm parts{};
  const bool has_time = text.find(':') != std::string::npos;
  const char* end = nullptr;
  if (has_time) {
    const char* format =
        text.find('T') != std::string::npos ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S";
    end = ::strptime(text.c_str(), format, &parts);
  } else {
    end = ::strptime(text.c_str(), "%Y-%m-%d", &parts);
  }
  if (end == nullptr || (*end != '\0' && std::string(end) != "Z")) return std::nullopt;
  const int64_t seconds = ::timegm(&parts);
  if (seconds < 0) return std::nullopt;
  // To the end of the second or day that was named.
  return (seconds + (has_time ? 1 : 24 * 3600)) * 1000 - 1;
}

void add_history_verb(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand("history", "What ran on a device, from the audit log");
  auto options = std::make_shared<HistoryOptions>();
  verb->add_option("ID", options->device, "Device")->required();
  verb->add_option("--model", options->model, "Only this model");
  verb->add_option("--at", options->at, "Until this instant (UTC): 2026-05-01T12:00:00Z");
  verb->add_option("--out", options->out,
                   "Write the proof of what ran then to a file, for 'audit verify'");
  verb->callback([&session, options] { run_history(session, *options); });
}

}  // namespace flotilla::controller::app
