#pragma once

#include <vector>

#include "controller/app/cli/session.h"

namespace CLI {
class App;
}  // namespace CLI

/// The operator's verbs, one function per noun. Each verb's callback does the work and leaves its
/// outcome in the session.
namespace flotilla::controller::app {

void add_serve_verb(CLI::App& app, Session& session, const char* software);
void add_key_verbs(CLI::App& app, Session& session);
/// Verbs of the noun `key` that prepare the next keyset.
void add_keyset_change_verbs(CLI::App& noun, Session& session);
void add_class_verbs(CLI::App& app, Session& session);
void add_device_verbs(CLI::App& app, Session& session);
void add_history_verb(CLI::App& noun, Session& session);
void add_model_verbs(CLI::App& app, Session& session);
void add_release_verb(CLI::App& noun, Session& session);
/// Verbs of the noun `model` that need no server.
void add_delta_verb(CLI::App& noun, Session& session);
void add_apply_verb(CLI::App& noun, Session& session);
/// Of a file without a server, of a version with one.
void add_optimise_verb(CLI::App& noun, Session& session);
void add_reproduce_verb(CLI::App& noun, Session& session);
void add_inspect_verb(CLI::App& noun, Session& session);
/// What the server found in a version's images.
void add_facts_verb(CLI::App& noun, Session& session);
void add_document_verbs(CLI::App& noun, Session& session);
/// Signatures that are made on the operator's machine.
void add_signing_verbs(CLI::App& noun, Session& session);
void add_fit_verb(CLI::App& noun, Session& session);
/// What may be deleted: verbs of the noun `model`.
void add_retention_verbs(CLI::App& noun, Session& session);
void add_rollout_verbs(CLI::App& app, Session& session);
void add_alias_verbs(CLI::App& noun, Session& session);
/// Evidence, approval and states of versions.
void add_lifecycle_verbs(CLI::App& noun, Session& session);
/// What the verb `release` does without --delta-aware.
void change_release(Session& session, const std::string& model, const std::string& version,
                    const std::vector<std::string>& classes, const std::string& reason);
void add_policy_verbs(CLI::App& app, Session& session);
void add_token_verbs(CLI::App& app, Session& session);
void add_audit_verbs(CLI::App& app, Session& session);
void add_system_verbs(CLI::App& app, Session& session);

/// The whole command line; answers the process's exit code.
int run_command_line(int argc, const char* const* argv, const char* software);

}  // namespace flotilla::controller::app
