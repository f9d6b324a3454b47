#pragma once

#include "controller/domain/event.h"
#include "controller/domain/step_context.h"

/// Who may command: bearer tokens, of which only hashes are kept, and what they grant.
namespace flotilla::controller::access_control {

Refused add_token(StepContext& step, const AddToken& command);
Refused revoke_token(StepContext& step, const RevokeToken& command);
void token_used(StepContext& step, const TokenUsed& event);

/// The owner of the token with this secret hash. Looks at every token, so that the time taken says
/// nothing about the hash.
std::optional<Actor> authorize(const std::map<std::string, Token>& tokens,
                               const Digest& secret_hash);
Actor actor_of(const Token& token);
bool is_expired(const Token& token, WallTime now);

/// What a request needs: one permission on everything that it touches.
struct Demand {
  Permission permission = Permission::kStatus;
  std::vector<Reach> reaches;
  std::vector<Scope> scopes = {};  ///< that it hands on or rules
  bool names_alias = false;        ///< only a grant that names the alias counts
};

/// Of a command, taken from what it would change: however the request was spelt.
Demand demand_of(const FleetState& state, const Event& command);

/// Says which role or scope is missing, and who has it.
Refused permit(const FleetState& state, const Token& token, const Demand& demand, WallTime now);

/// Identities that may do this, sorted; at most kMaxNamed.
inline constexpr size_t kMaxNamed = 10;
std::vector<std::string> holders(const FleetState& state, Permission permission, const Reach& reach,
                                 WallTime now);
/// "alice, bob"; "nobody"
std::string names_text(const std::vector<std::string>& names);

}  // namespace flotilla::controller::access_control
