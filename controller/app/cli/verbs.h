#pragma once

#include "controller/app/cli/session.h"

namespace CLI {
class App;
}  // namespace CLI

/// The operator's verbs, one function per noun. Each verb's callback does the work and leaves its
/// outcome in the session.
namespace flotilla::controller::app {

void add_serve_verb(CLI::App& app, Session& session, const char* software);
void add_keys_verbs(CLI::App& app, Session& session);
void add_class_verbs(CLI::App& app, Session& session);
void add_device_verbs(CLI::App& app, Session& session);
void add_history_verb(CLI::App& noun, Session& session);
void add_model_verbs(CLI::App& app, Session& session);
void add_release_verb(CLI::App& noun, Session& session);
/// Verbs of the noun `model` that need no server.
void add_delta_verb(CLI::App& noun, Session& session);
void add_apply_verb(CLI::App& noun, Session& session);
void add_inspect_verb(CLI::App& noun, Session& session);
/// What the server found in a version's images.
void add_facts_verb(CLI::App& noun, Session& session);
void add_document_verbs(CLI::App& noun, Session& session);
void add_fit_verb(CLI::App& noun, Session& session);
/// What may be deleted: verbs of the noun `model`.
void add_retention_verbs(CLI::App& noun, Session& session);
void add_rollout_verbs(CLI::App& app, Session& session);
void add_audit_verbs(CLI::App& app, Session& session);
void add_system_verbs(CLI::App& app, Session& session);

/// The whole command line; answers the process's exit code.
int run_command_line(int argc, const char* const* argv, const char* software);

}  // namespace flotilla::controller::app
