#include <CLI/CLI.hpp>
#include <cstdio>

#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

constexpr const char* kFooter =
    "exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 a watched rollout did not\n"
    "complete, 4 the server did not answer";

void add_global_options(CLI::App& app, Session& session) {
  app.add_option("--server", session.options.server, "Server's address, or FLOTILLA_SERVER");
  app.add_option("--token-file", session.options.token_file,
                 "File with a token; FLOTILLA_TOKEN holds one itself");
  app.add_option("--state", session.options.state,
                 "State folder of the server: holds its address and first token; or "
                 "FLOTILLA_STATE");
  app.add_option("--server-ca", session.options.server_ca,
                 "Authority of the HTTP server's certificate (PEM)");
  app.add_flag("--json", session.options.json, "One JSON document on standard output");
}

}  // namespace

int run_command_line(int argc, const char* const* argv, const char* software) {
  Session session;
  CLI::App app("Flotilla: registry and delivery of models for edge devices", "flotilla");
  app.set_version_flag("--version", std::string("flotilla ") + software);
  app.footer(kFooter);
  app.fallthrough();
  app.require_subcommand(1);
  add_global_options(app, session);
  add_serve_verb(app, session, software);
  add_key_verbs(app, session);
  add_class_verbs(app, session);
  add_device_verbs(app, session);
  add_model_verbs(app, session);
  add_rollout_verbs(app, session);
  add_audit_verbs(app, session);
  add_system_verbs(app, session);
  add_token_verbs(app, session);
  add_policy_verbs(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return kExitUsage;
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("flotilla: standard output cannot be written\n", stderr);
    return session.exit_code == kExitOk ? int{kExitRefused} : session.exit_code;
  }
  return session.exit_code;
}

}  // namespace flotilla::controller::app
