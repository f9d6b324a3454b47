#include "controller/app/cli/session.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "controller/adapters/http_client.h"
#include "controller/adapters/small_file.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kMaxLine = 4096;
constexpr const char* kDefaultServer = "http://127.0.0.1:8600";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// First line of a file; empty when there is none.
std::string read_line(const std::string& path) {
  const auto text = read_small_file(path, kMaxLine);
  return text.ok() ? text.value().substr(0, text.value().find_first_of("\r\n")) : "";
}

/// Folders that may hold `endpoint` and `admin-token`. A named one stands alone.
std::vector<std::string> state_folders(const Session::Options& options) {
  if (!options.state.empty()) return {options.state};
  const std::string named = environment("FLOTILLA_STATE");
  if (!named.empty()) return {named};
  std::vector<std::string> folders;
  const std::string home = environment("HOME");
  if (!home.empty()) folders.push_back(home + "/.config/flotilla");
  folders.push_back("/var/lib/flotilla");
  return folders;
}

std::string first_line_of(const Session::Options& options, const char* name) {
  for (const std::string& folder : state_folders(options)) {
    std::string line = read_line(folder + "/" + name);
    if (!line.empty()) return line;
  }
  return "";
}

std::string first_of(std::initializer_list<std::string> values) {
  for (const std::string& value : values) {
    if (!value.empty()) return value;
  }
  return "";
}

/// For programs: the API's code names also for what never reached the server.
const char* error_name(int exit_code) {
  if (exit_code == kExitUsage) return code_name(Code::kInvalidArgument);
  if (exit_code == kExitUnreachable) return code_name(Code::kUnavailable);
  return code_name(Code::kFailedPrecondition);
}

}  // namespace

Access find_access(const Session::Options& options) {
  Access access;
  access.server = first_of({options.server, environment("FLOTILLA_SERVER"),
                            first_line_of(options, "endpoint"), kDefaultServer});
  const std::string from_file = options.token_file.empty() ? "" : read_line(options.token_file);
  access.token =
      first_of({from_file, environment("FLOTILLA_TOKEN"), first_line_of(options, "admin-token")});
  return access;
}

void Session::fail(int code, const std::string& message, const std::string& remedy) {
  exit_code = code;
  if (print_json(
          {{"error", {{"code", error_name(code)}, {"message", message}, {"remedy", remedy}}}}))
    return;
  std::fprintf(stderr, "flotilla: %s\n", message.c_str());
  if (!remedy.empty() && remedy != "nothing") std::fprintf(stderr, "  to do: %s\n", remedy.c_str());
}

bool Session::written(const std::string& file, const Status& status) {
  if (status.ok()) return true;
  fail(kExitRefused, "cannot write " + file + ": " + status.reason(),
       "name another file, one that can be written");
  return false;
}

bool Session::print_json(const api::Json& document) const {
  if (!options.json) return false;
  std::printf("%s\n", document.dump(2, ' ', false, api::Json::error_handler_t::replace).c_str());
  return true;
}

void Session::unreachable(const std::string& server, const std::string& cause) {
  const bool is_trust = cause.find("SSL") != std::string::npos;
  fail(kExitUnreachable, "no answer from " + server + " (" + cause + ")",
       is_trust ? "name the authority of the server's certificate with --server-ca, and the "
                  "server as its certificate does with --server"
                : "check that 'flotilla serve' runs, or name its address with --server or --state");
}

std::optional<api::Json> Session::read_reply(int status, const std::string& body) {
  api::Json document = api::Json::parse(body, nullptr, false);
  if (document.is_discarded()) {
    fail(kExitRefused, "the answer (HTTP " + std::to_string(status) + ") is not JSON",
         "check that --server is the address of 'flotilla serve'");
    return std::nullopt;
  }
  if (status < 300) return document;
  const api::Json error = document.value("error", api::Json::object());
  exit_code = kExitRefused;
  if (!muted && print_json({{"error", error}})) return std::nullopt;
  fail(kExitRefused, error.value("message", "HTTP " + std::to_string(status)),
       error.value("remedy", ""));
  return std::nullopt;
}

bool Session::has_token_file() {
  if (options.token_file.empty() || !read_line(options.token_file).empty()) return true;
  fail(kExitUsage, "cannot read a token from " + options.token_file, "check --token-file");
  return false;
}

std::optional<api::Json> Session::get_all(const std::string& path, const char* name) {
  api::Json all = {{name, api::Json::array()}, {"next", nullptr}};
  const char* more = path.find('?') == std::string::npos ? "?" : "&";
  std::string cursor;
  do {
    const std::string from = cursor.empty() ? "" : "&cursor=" + encode_path_segment(cursor);
    auto page = get(path + more + "limit=1000" + from);
    if (!page) return std::nullopt;
    for (auto& item : (*page)[name]) all[name].push_back(std::move(item));
    cursor = (*page)["next"].is_string() ? (*page)["next"].get<std::string>() : "";
  } while (!cursor.empty());
  return all;
}

std::optional<api::Json> Session::call(const std::string& method, const std::string& path,
                                       const api::Json& body) {
  if (!has_token_file()) return std::nullopt;
  const Access access = find_access(options);
  HttpClient client({access.server, access.token, options.server_ca});
  const auto reply =
      client.request(method, "/api/v1" + path, body.is_null() ? "" : api::to_text(body));
  if (!reply.ok()) {
    unreachable(access.server, client.last_error());
    return std::nullopt;
  }
  return read_reply(reply.value().status, reply.value().body);
}

}  // namespace flotilla::controller::app
