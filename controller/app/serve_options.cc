#include "controller/app/serve_options.h"

#include <CLI/CLI.hpp>

#include "controller/adapters/small_file.h"
#include "controller/api/json.h"
#include "schemas/protocol/topics.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kMaxConfig = 64 * 1024;

void add_broker_options(CLI::App& verb, ServeOptions& options) {
  verb.add_option("--broker-host", options.broker_host, "Broker's name or address")
      ->capture_default_str();
  verb.add_option("--broker-port", options.broker_port, "Broker's port")
      ->capture_default_str()
      ->check(CLI::Range(1, 65535));
  verb.add_flag("--broker-plaintext", options.broker_plaintext,
                "Connect without TLS (tests and trusted loopback only)");
  verb.add_option("--prefix", options.prefix, "First level(s) of all topics")
      ->capture_default_str();
  verb.add_option("--ca", options.ca, "Authority of the broker's certificate (PEM)");
  verb.add_option("--cert", options.cert, "Certificate of the first connection (PEM)");
  verb.add_option("--key", options.key, "Its private key (PEM)");
  verb.add_option("--audit-cert", options.audit_cert, "Certificate of the auditing connection");
  verb.add_option("--audit-key", options.audit_key, "Its private key (PEM)");
  verb.add_option("--acl-file", options.acl_file, "Mosquitto acl_file to keep up to date");
  verb.add_option("--broker-pid-file", options.broker_pid_file,
                  "Mosquitto pid_file, for SIGHUP after a change of rights");
}

std::string value_text(const api::Json& value) {
  return value.is_string() ? value.get<std::string>() : api::to_text(value);
}

/// Only what the command line did not say.
std::string take_member(CLI::App& verb, const std::string& name, const api::Json& value) {
  std::string flag = "--" + name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  CLI::Option* option = verb.get_option_no_throw(flag);
  if (option == nullptr || flag == "--config") return "'" + name + "' is not a known setting";
  if (value.is_structured()) return "'" + name + "' must be text, a number, true or false";
  if (option->count() > 0) return "";
  try {
    option->add_result(value_text(value));
    option->run_callback();
  } catch (const CLI::Error& error) {
    return "'" + name + "': " + error.what();
  }
  return "";
}

std::string missing(const char* flag, const char* meaning) {
  return std::string(flag) + " is missing: " + meaning;
}

}  // namespace

void add_serve_options(CLI::App& verb, ServeOptions& options) {
  verb.add_option("--config", options.config_file, "JSON file with any of these settings");
  verb.add_option("--keys", options.keys, "Folder made by 'flotilla key init'");
  verb.add_option("--listen", options.listen, "HTTP address; port 0: any free one")
      ->capture_default_str();
  verb.add_option("--tls-cert", options.tls_cert, "Certificate of the HTTP server (PEM)");
  verb.add_option("--tls-key", options.tls_key, "Its private key (PEM)");
  add_broker_options(verb, options);
  verb.add_option("--retained-budget", options.retained_budget, "Bytes at rest in the broker")
      ->capture_default_str();
  verb.add_option("--reconnect-window", options.reconnect_window_s,
                  "Seconds over which devices spread reconnections")
      ->capture_default_str()
      ->check(CLI::Range(0, 3600));
  verb.add_option("--builders", options.builders, "Threads that build payloads")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  verb.add_option("--optimisers", options.optimisers,
                  "JSON file of the commands that may be optimisation steps");
  verb.add_option("--disk-reserve", options.disk_reserve_percent,
                  "Per cent of the disk that new work may not touch")
      ->capture_default_str()
      ->check(CLI::Range(0, 90));
  verb.add_option("--disk-reserve-mib", options.disk_reserve_mib,
                  "At most so many MiB, however large the disk is")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 30));
  verb.add_flag("--renew-admin-token", options.renew_admin_token,
                "Write a new admin token into the state folder");
}

std::string read_config_file(CLI::App& verb, const std::string& path) {
  const auto text = read_small_file(path, kMaxConfig);
  if (!text.ok()) return "cannot read " + path + ": " + text.status().reason();
  api::Json config;
  if (const auto refusal = api::parse_json(text.value(), config)) {
    return path + ": it is not valid JSON";
  }
  if (!config.is_object()) return path + ": it must be a JSON object";
  for (const auto& [name, value] : config.items()) {
    const std::string wrong = take_member(verb, name, value);
    if (!wrong.empty()) return path + ": " + wrong;
  }
  return "";
}

std::string check_serve_options(const ServeOptions& options) {
  std::string host;
  int port = 0;
  if (!split_address(options.listen, host, port)) {
    return "--listen is '" + options.listen + "'; it must be HOST:PORT";
  }
  if (!Topics::is_valid_prefix(options.prefix)) {
    return "--prefix is '" + options.prefix + "'; it must be 1 to " +
           std::to_string(kMaxTopicPrefix) + " characters, without wildcards or outer slashes";
  }
  if (options.keys.empty()) {
    return missing("--keys", "the folder that 'flotilla key init --dir DIR' made");
  }
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return "--tls-cert and --tls-key belong together";
  }
  if (options.broker_plaintext) return "";
  if (options.ca.empty()) return missing("--ca", "the authority of the broker's certificate");
  if (options.cert.empty() || options.key.empty()) {
    return missing("--cert or --key", "the controller's first connection to the broker");
  }
  if (options.audit_cert.empty() || options.audit_key.empty()) {
    return missing("--audit-cert or --audit-key", "the controller's auditing connection");
  }
  return "";
}

bool split_address(const std::string& text, std::string& host, int& port) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || text.size() - colon > 6) return false;
  const std::string digits = text.substr(colon + 1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return false;
  host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  port = std::stoi(digits);
  return port <= 65535 && !host.empty();
}

}  // namespace flotilla::controller::app
