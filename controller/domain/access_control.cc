#include "controller/domain/access_control.h"

#include <algorithm>

#include "controller/domain/bounds.h"
#include "controller/domain/text.h"

namespace flotilla::controller::access_control {
namespace {

bool is_printable(std::string_view text) {
  for (char c : text) {
    if (c < 0x20 || c == 0x7F) return false;
  }
  return true;
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabelKey && is_printable(text);
}

Refused invalid(std::string message, std::string remedy) {
  return refusal(Code::kInvalidArgument, std::move(message), std::move(remedy));
}

Refused check_grants(const Token& token) {
  if (token.grants.empty() || token.grants.size() > kMaxGrants) {
    return invalid(cat("the token has ", token.grants.size(), " grants, not 1 to ", kMaxGrants),
                   cat("give it a role: ", role_names()));
  }
  for (const Grant& grant : token.grants) {
    const Scope& s = grant.scope;
    for (const std::string* pattern : {&s.model, &s.hardware_class, &s.site, &s.alias}) {
      if (is_valid_pattern(*pattern)) continue;
      return invalid(cat("'", *pattern, "' is no pattern of names"),
                     "write a name, the beginning of names and *, or * for all");
    }
  }
  return std::nullopt;
}

Refused check(const FleetState& state, const Token& token, WallTime now) {
  if (!is_valid_device_id(token.id)) {
    return invalid(cat("token id '", token.id, "' is not a valid name"),
                   "use 1 to 64 of a-z, 0-9, _ and -");
  }
  if (!is_label(token.name) || !is_label(token.identity)) {
    return invalid("the token's name or identity is empty, too long or not printable",
                   cat("use 1 to ", kMaxLabelKey, " printable bytes"));
  }
  if (token.identity == kController || token.identity.starts_with("device:")) {
    return invalid(cat("identity '", token.identity, "' is not a person's"),
                   "the audit log uses it for the controller and for devices; choose another");
  }
  if (Refused why = check_grants(token)) return why;
  if (is_expired(token, now)) return invalid("the token has expired already", "give a later end");
  if (token.secret_hash.is_none()) {
    return invalid("the token has no secret", "make one with a secret");
  }
  for (const auto& [id, known] : state.tokens) {
    if (id != token.id && known.secret_hash == token.secret_hash) {
      return refusal(Code::kAlreadyExists, cat("token '", id, "' has the same secret"),
                     "make a new secret");
    }
  }
  return std::nullopt;
}

std::string describe_all(const Token& token) {
  std::string out;
  for (const Grant& grant : token.grants) out += cat(out.empty() ? "" : "; ", describe(grant));
  return out;
}

bool is_same(const Token& a, const Token& b) {
  return a.name == b.name && a.identity == b.identity && a.secret_hash == b.secret_hash &&
         a.expires == b.expires && describe_all(a) == describe_all(b);
}

/// Manages all tokens and does not end.
bool is_root(const Token& token) {
  const auto unlimited = [](const Grant& grant) {
    return grant.role == Role::kAdmin && contains(grant.scope, Scope{});
  };
  return token.expires == WallTime{} &&
         std::any_of(token.grants.begin(), token.grants.end(), unlimited);
}

}  // namespace

bool is_expired(const Token& token, WallTime now) {
  return token.expires != WallTime{} && now >= token.expires;
}

Refused add_token(StepContext& step, const AddToken& command) {
  const Token& token = command.token;
  if (Refused why = check(step.state, token, step.now)) return why;
  const auto known = step.state.tokens.find(token.id);
  if (known != step.state.tokens.end()) {
    if (is_same(known->second, token)) return std::nullopt;
    return refusal(Code::kAlreadyExists, cat("token '", token.id, "' exists"), "choose another id");
  }
  if (step.state.tokens.size() >= kMaxTokens) {
    return refusal(Code::kResourceExhausted, cat("there are ", kMaxTokens, " tokens already"),
                   "revoke one: flotilla token revoke");
  }
  Token& added = step.state.tokens[token.id] = token;
  added.created = step.now;
  step.touch(added);
  step.audit("token.added", cat("token/", token.id),
             cat(token.name, " of ", token.identity, ": ", describe_all(token)));
  return std::nullopt;
}

Refused revoke_token(StepContext& step, const RevokeToken& command) {
  const auto found = step.state.tokens.find(command.id);
  if (found == step.state.tokens.end()) {
    return refusal(Code::kNotFound, cat("there is no token '", command.id, "'"),
                   "tokens: flotilla token list");
  }
  const auto others = std::count_if(
      step.state.tokens.begin(), step.state.tokens.end(),
      [&](const auto& entry) { return entry.first != command.id && is_root(entry.second); });
  if (is_root(found->second) && others == 0) {
    return refusal(Code::kFailedPrecondition,
                   cat("token '", command.id, "' is the last that manages all tokens without end"),
                   "make another first: flotilla token create NAME --role admin");
  }
  step.audit("token.revoked", cat("token/", command.id),
             cat(found->second.name, " of ", found->second.identity));
  step.drop_token(command.id);
  return std::nullopt;
}

void token_used(StepContext& step, const TokenUsed& event) {
  const auto found = step.state.tokens.find(event.id);
  if (found == step.state.tokens.end()) return;
  found->second.last_used = step.now;
  step.touch(found->second);
}

std::optional<Actor> authorize(const std::map<std::string, Token>& tokens,
                               const Digest& secret_hash) {
  const Token* owner = nullptr;
  for (const auto& [id, token] : tokens) {
    uint8_t difference = 0;
    for (size_t i = 0; i < Digest::kSize; ++i) {
      difference =
          static_cast<uint8_t>(difference | (token.secret_hash.bytes[i] ^ secret_hash.bytes[i]));
    }
    if (difference == 0) owner = &token;
  }
  if (owner == nullptr) return std::nullopt;
  return actor_of(*owner);
}

Actor actor_of(const Token& token) {
  const bool is_plain = token.name == token.identity;
  return {is_plain ? token.name : cat(token.identity, "/", token.name), token.identity};
}

}  // namespace flotilla::controller::access_control
