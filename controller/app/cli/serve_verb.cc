#include <CLI/CLI.hpp>
#include <csignal>

#include "controller/app/cli/verbs.h"
#include "controller/app/log.h"
#include "controller/app/server.h"

namespace flotilla::controller::app {

namespace {

/// Blocked in every thread that is made from now on; the main thread waits for them.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

void serve(Session& session, ServeOptions options, const char* software) {
  const std::string wrong = check_serve_options(options);
  if (!wrong.empty()) return session.fail(kExitUsage, wrong, "see 'flotilla serve --help'");
  const sigset_t signals = block_signals();
  Server server(std::move(options), software);
  std::string failure;
  if (!server.start(failure)) {
    return session.fail(kExitRefused, failure, "");
  }
  log_line(LogLevel::kInfo, "serving", {{"endpoint", server.endpoint()}, {"software", software}});
  int received = 0;
  sigwait(&signals, &received);
  log_line(LogLevel::kInfo, "stopping", {{"signal", std::to_string(received)}});
  server.stop();
  log_line(LogLevel::kInfo, "stopped");
}

}  // namespace

void add_serve_verb(CLI::App& app, Session& session, const char* software) {
  auto* verb = app.add_subcommand("serve", "Run the controller");
  auto options = std::make_shared<ServeOptions>();
  add_serve_options(*verb, *options);
  verb->callback([verb, options, &session, software] {
    if (!options->config_file.empty()) {
      const std::string wrong = read_config_file(*verb, options->config_file);
      if (!wrong.empty()) return session.fail(kExitUsage, wrong, "correct the file");
    }
    if (!session.options.state.empty()) options->state = session.options.state;
    serve(session, *options, software);
  });
}

}  // namespace flotilla::controller::app
