#include "controller/domain/access_control.h"

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

Refused check(const FleetState& state, const Token& token) {
  if (!is_valid_device_id(token.id)) {
    return refusal(Code::kInvalidArgument, cat("token id '", token.id, "' is not a valid name"),
                   "use 1 to 64 of a-z, 0-9, _ and -");
  }
  if (token.name.empty() || token.name.size() > kMaxLabelKey || !is_printable(token.name)) {
    return refusal(Code::kInvalidArgument, "the token's name is empty, too long or not printable",
                   cat("use 1 to ", kMaxLabelKey, " printable bytes"));
  }
  if (token.role != kAdmin) {
    return refusal(Code::kInvalidArgument, cat("there is no role '", token.role, "'"),
                   cat("use '", kAdmin, "'"));
  }
  if (token.secret_hash.is_none()) {
    return refusal(Code::kInvalidArgument, "the token has no secret", "make one with a secret");
  }
  for (const auto& [id, known] : state.tokens) {
    if (id != token.id && known.secret_hash == token.secret_hash) {
      return refusal(Code::kAlreadyExists, cat("token '", id, "' has the same secret"),
                     "make a new secret");
    }
  }
  return std::nullopt;
}

bool is_same(const Token& a, const Token& b) {
  return a.name == b.name && a.role == b.role && a.secret_hash == b.secret_hash;
}

}  // namespace

Refused add_token(StepContext& step, const AddToken& command) {
  const Token& token = command.token;
  if (Refused why = check(step.state, token)) return why;
  const auto known = step.state.tokens.find(token.id);
  if (known != step.state.tokens.end()) {
    if (is_same(known->second, token)) return std::nullopt;
    return refusal(Code::kAlreadyExists, cat("token '", token.id, "' exists"), "choose another id");
  }
  if (step.state.tokens.size() >= kMaxTokens) {
    return refusal(Code::kResourceExhausted, cat("there are ", kMaxTokens, " tokens already"),
                   "reuse one of them");
  }
  Token& added = step.state.tokens[token.id] = token;
  added.created = step.now;
  step.touch(added);
  step.audit("token.added", cat("token/", token.id), cat(token.name, ", role ", token.role));
  return std::nullopt;
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
  return Actor{owner->name, owner->role};
}

}  // namespace flotilla::controller::access_control
