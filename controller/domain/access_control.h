#pragma once

#include "controller/domain/event.h"
#include "controller/domain/step_context.h"

/// Who may command: bearer tokens, of which only hashes are kept.
namespace flotilla::controller::access_control {

inline constexpr const char* kAdmin = "admin";

Refused add_token(StepContext& step, const AddToken& command);

/// The owner of the token with this secret hash. Looks at every token, so that the time taken says
/// nothing about the hash.
std::optional<Actor> authorize(const std::map<std::string, Token>& tokens,
                               const Digest& secret_hash);

}  // namespace flotilla::controller::access_control
