#include "tests/support/adapter_mosquitto.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "schemas/base/assert.h"
#include "tests/support/free_port.h"

extern char** environ;

namespace flotilla::testing {
namespace {

constexpr const char* kProgram = "/usr/sbin/mosquitto";
constexpr int kStartTries = 500;
constexpr int kTryIntervalMs = 20;

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

Mosquitto::Mosquitto(std::string folder, std::string settings)
    : folder_(std::move(folder)), settings_(std::move(settings)), port_(test::free_port()) {
  start();
}

Mosquitto::~Mosquitto() {
  kill_hard();
}

void Mosquitto::start() {
  const std::string config = folder_ + "/mosquitto.conf";
  std::ofstream(config) << "listener " << port_ << " 127.0.0.1\n"
                        << "allow_anonymous true\npersistence false\nuser root\n"
                        << "log_dest file " << folder_ << "/mosquitto.log\nlog_type all\n"
                        << settings_ << '\n';
  std::string arguments[] = {kProgram, "-c", config};
  char* argv[] = {arguments[0].data(), arguments[1].data(), arguments[2].data(), nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (folder_ + "/stderr").c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
  FLOTILLA_ASSERT(::posix_spawn(&process_, kProgram, &actions, nullptr, argv, environ) == 0);
  ::posix_spawn_file_actions_destroy(&actions);
  for (int i = 0; i < kStartTries; ++i) {
    if (accepts()) return;
    ::poll(nullptr, 0, kTryIntervalMs);
  }
  FLOTILLA_ASSERT(false);
}

void Mosquitto::kill_hard() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

void Mosquitto::stop() {
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

void Mosquitto::save() {
  ::kill(process_, SIGUSR1);
}

void Mosquitto::freeze() {
  ::kill(process_, SIGSTOP);
  ::waitpid(process_, nullptr, WUNTRACED);
}

void Mosquitto::thaw() {
  ::kill(process_, SIGCONT);
}

bool Mosquitto::accepts() const {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port_);
  const bool connected =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

}  // namespace flotilla::testing
