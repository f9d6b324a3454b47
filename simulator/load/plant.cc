#include "simulator/load/plant.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

namespace flotilla::sim {
namespace {

namespace fs = std::filesystem;

constexpr int kStartLimitS = 60;
constexpr int kPollMs = 50;

std::string user_name() {
  const passwd* user = ::getpwuid(::geteuid());
  return user == nullptr ? "nobody" : user->pw_name;
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool ok = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!ok) throw LoadError("there is no free port on loopback");
  return ntohs(address.sin_port);
}

std::string resolve(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    throw LoadError("broker '" + name + "' has no IPv4 address: " + ::gai_strerror(error));
  }
  char text[INET_ADDRSTRLEN] = {};
  const auto* address = reinterpret_cast<const sockaddr_in*>(found->ai_addr);
  ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
  ::freeaddrinfo(found);
  return text;
}

/// Beside this program, or wherever the shell would find it.
std::string flotilla_program() {
  std::error_code ignored;
  const fs::path beside = fs::read_symlink("/proc/self/exe", ignored).parent_path() / "flotilla";
  return fs::exists(beside, ignored) ? beside.string() : "flotilla";
}

std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

std::unique_ptr<Plant> Plant::start(const LoadOptions& options, const std::string& folder, Pki* pki,
                                    const Interrupted& interrupted) {
  std::unique_ptr<Plant> plant(new Plant);
  plant->folder_ = folder;
  fs::create_directories(folder);
  plant->port_ = free_port();
  plant->make_keys();
  plant->write_broker_config(options, pki);
  plant->start_broker();
  plant->wait_until("the broker", plant->broker_, "broker.log", interrupted,
                    [&] { return plant->broker_listens(); });
  plant->start_controller(options, pki);
  plant->wait_until("the controller", plant->controller_, "controller.log", interrupted,
                    [&] { return plant->controller_answers(); });
  return plant;
}

std::unique_ptr<Plant> Plant::foreign(const LoadOptions& options) {
  std::unique_ptr<Plant> plant(new Plant);
  const size_t colon = options.broker.rfind(':');
  plant->name_ = options.broker.substr(0, colon);
  plant->host_ = resolve(plant->name_);
  plant->port_ = static_cast<uint16_t>(std::atoi(options.broker.c_str() + colon + 1));
  plant->keyset_file_ = options.keyset_file;
  plant->server_ = options.controller;
  plant->token_ = first_line(options.token_file);
  plant->api_ = plant->another_api();
  plant->api_->status();
  return plant;
}

std::unique_ptr<ApiClient> Plant::another_api() const {
  return std::make_unique<ApiClient>(server_, token_);
}

void Plant::make_keys() {
  keyset_file_ = folder_ + "/keys/keyset.bin";
  Child keys({flotilla_program(), "key", "init", "--dir", folder_ + "/keys"},
             folder_ + "/keys.log");
  if (keys.wait(kStartLimitS * 1000) != 0) {
    throw LoadError("'flotilla key init' failed: " + tail_of(folder_ + "/keys.log"));
  }
}

/// The limits of broker-config/mosquitto.conf.in, less its access rules: devices come and go.
void Plant::write_broker_config(const LoadOptions& options, Pki* pki) {
  std::ofstream out(folder_ + "/mosquitto.conf");
  out << "listener " << port_ << " 127.0.0.1\nmax_connections -1\n";
  if (pki != nullptr) {
    out << "cafile " << pki->ca_file() << "\ncertfile " << pki->folder()
        << "/localhost.crt\nkeyfile " << pki->folder() << "/localhost.key\n"
        << "require_certificate true\nuse_identity_as_username true\n"
        << "use_username_as_clientid true\ntls_version tlsv1.2\nallow_anonymous false\n";
  } else {
    out << "allow_anonymous true\n";
  }
  out << "message_size_limit 65536\nmax_packet_size 70000\nmax_inflight_messages 20\n"
      << "max_queued_messages 200\nmax_queued_bytes 1048576\nqueue_qos0_messages false\n"
      << "max_keepalive " << std::max(1800u, options.keep_alive_s) << "\npersistence false\n"
      << "log_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\n"
      << "connection_messages false\nuser " << user_name() << "\n";
}

void Plant::start_broker() {
  const std::string path = std::getenv("PATH") == nullptr ? "" : std::getenv("PATH");
  ::setenv("PATH", (path + ":/usr/sbin:/usr/local/sbin").c_str(), 1);
  broker_ = Child({"mosquitto", "-c", folder_ + "/mosquitto.conf"}, folder_ + "/broker.log");
}

bool Plant::broker_listens() const {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port_);
  const bool ok = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return ok;
}

void Plant::start_controller(const LoadOptions& options, Pki* pki) {
  std::vector<std::string> argv = {flotilla_program(),
                                   "serve",
                                   "--state",
                                   folder_ + "/controller",
                                   "--keys",
                                   folder_ + "/keys",
                                   "--broker-host",
                                   pki == nullptr ? "127.0.0.1" : "localhost",
                                   "--broker-port",
                                   std::to_string(port_),
                                   "--prefix",
                                   options.prefix,
                                   "--listen",
                                   "127.0.0.1:0",
                                   "--reconnect-window",
                                   std::to_string(options.reconnect_window_s),
                                   "--disk-reserve-mib",
                                   "64"};
  if (pki == nullptr) {
    argv.push_back("--broker-plaintext");
  } else {
    const std::string base = pki->folder() + "/flotilla.";
    for (const std::string& word :
         {std::string("--ca"), pki->ca_file(), std::string("--cert"), base + "controller.crt",
          std::string("--key"), base + "controller.key", std::string("--audit-cert"),
          base + "auditor.crt", std::string("--audit-key"), base + "auditor.key"}) {
      argv.push_back(word);
    }
  }
  controller_ = Child(argv, folder_ + "/controller.log");
}

bool Plant::controller_answers() {
  const std::string state = folder_ + "/controller/";
  server_ = first_line(state + "endpoint");
  token_ = first_line(state + "admin-token");
  if (server_.empty() || token_.empty()) return false;
  if (server_.find("://") == std::string::npos) server_ = "http://" + server_;
  try {
    api_ = another_api();
    return api_->status().value("broker_connected", false);
  } catch (const LoadError&) {
    return false;
  }
}

void Plant::wait_until(const std::string& what, Child& child, const std::string& log,
                       const Interrupted& interrupted, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(kStartLimitS);
  while (!condition()) {
    if (interrupted()) throw LoadError("interrupted");
    if (!child.running()) throw LoadError(what + " ended: " + tail_of(folder_ + "/" + log));
    if (std::chrono::steady_clock::now() >= end) {
      throw LoadError(what + " did not answer within " + std::to_string(kStartLimitS) +
                      " s: " + tail_of(folder_ + "/" + log));
    }
    ::poll(nullptr, 0, kPollMs);
  }
}

std::string Plant::dead_part() {
  if (broker_.pid() > 0 && !broker_.running()) {
    return "the broker ended: " + tail_of(folder_ + "/broker.log");
  }
  if (controller_.pid() > 0 && !controller_.running()) {
    return "the controller ended: " + tail_of(folder_ + "/controller.log");
  }
  return "";
}

void Plant::stop() {
  controller_.stop(20'000);
  broker_.stop();
}

}  // namespace flotilla::sim
