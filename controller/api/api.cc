#include "controller/api/api.h"

#include "controller/api/problem.h"
#include "controller/api/token_text.h"
#include "controller/api/views.h"
#include "controller/domain/access_control.h"
#include "controller/domain/bounds.h"

namespace flotilla::controller::api {

namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr const char* kTokenRemedy =
    "name a token of this server (--token-file or FLOTILLA_TOKEN; over HTTP 'Authorization: Bearer "
    "TOKEN'); the first admin token is in the server's state folder, file admin-token";

struct Found {
  const Route* route = nullptr;
  Parameters parameters;
  std::string other_methods;  ///< methods the path has, when not the asked one
};

Found find_route(const Request& request) {
  Found found;
  for (const Route& route : routes()) {
    std::map<std::string, std::string> parameters;
    if (!match_path(route.path, request.path, parameters)) continue;
    if (request.method == route.method) return {&route, std::move(parameters), ""};
    found.other_methods += (found.other_methods.empty() ? "" : ", ") + std::string(route.method);
  }
  return found;
}

Response no_route(const Request& request, const Found& found) {
  const std::string what = request.method + " " + request.path;
  const char* remedy = "see GET /api/v1/openapi.json";
  if (found.other_methods.empty()) {
    return problem({Code::kNotFound, "there is no " + what, remedy});
  }
  return problem(405, code_name(Code::kInvalidArgument), "there is no " + what,
                 "methods of this path: " + found.other_methods);
}

/// The token that the request carries; null: none, or none that is known.
const Token* token_of(const Request& request, const ControlPlane& plane, Hasher& hasher) {
  const std::string_view header = request.authorization;
  if (header.substr(0, kBearer.size()) != kBearer) return nullptr;
  const auto parts = parse_token(header.substr(kBearer.size()));
  if (!parts) return nullptr;
  const auto token = plane.tokens().find(std::string(parts->id));
  // An unknown id costs the same hash and comparison as a known one.
  const Digest expected = token == plane.tokens().end() ? Digest{} : token->second.secret_hash;
  const bool same = equal_in_constant_time(token_hash(hasher, parts->secret), expected);
  return same && token != plane.tokens().end() ? &token->second : nullptr;
}

Response unauthenticated(const Request& request) {
  const bool given = !request.authorization.empty();
  return problem({Code::kUnauthenticated,
                  given ? "the token is not known here" : "the request carries no token",
                  kTokenRemedy});
}

Response expired(const Token& token) {
  return problem({Code::kUnauthenticated,
                  "token '" + token.name + "' expired at " + time_json(token.expires).dump(),
                  "have another one made: flotilla token create"});
}

/// The rights that the route asks for, as far as the path tells.
std::optional<Refusal> forbidden(const Found& found, const Token& token, const ControlPlane& plane,
                                 WallTime now) {
  const Rule& rule = found.route->rule;
  if (rule.kind != Rule::Kind::kPermission) return std::nullopt;
  std::vector<Reach> reaches;
  if (rule.reach != nullptr) reaches = rule.reach(found.parameters, plane);
  return plane.permit(token, rule.permission, std::move(reaches), now);
}

}  // namespace

void Api::note_use(const Token& token, const Submit& submit, WallTime now) {
  const auto noted = noted_.find(token.id);
  const WallTime last = noted == noted_.end() ? token.last_used : noted->second;
  if (!has_passed(last, kTokenUse, now)) return;
  if (noted_.size() >= kMaxTokens) noted_.clear();  // of tokens that are gone
  noted_[token.id] = now;
  submit(TokenUsed{token.id}, {});
}

Response Api::answer(const Request& request, const ControlPlane& plane, const Submit& submit,
                     WallTime now) {
  const Found found = find_route(request);
  const bool is_public = found.route != nullptr && found.route->rule.kind == Rule::Kind::kPublic;
  const Token* known = token_of(request, plane, around_.hasher);
  // Without a token nobody learns which paths exist.
  if (!is_public && known == nullptr) return unauthenticated(request);
  if (!is_public && access_control::is_expired(*known, now)) return expired(*known);
  if (found.route == nullptr) return no_route(request, found);
  const Access access(plane, is_public ? Token{} : *known, found.route->rule.permission);
  if (!is_public) {
    note_use(access.token(), submit, now);
    if (const auto refusal = forbidden(found, access.token(), plane, now)) return problem(*refusal);
  }
  // Whatever the request said: what it would change is what must be allowed.
  const Submit guarded = [&](const Event& event, const Actor& actor) {
    if (auto refusal = access.permit(event, now)) return Outcome{std::move(refusal), 0};
    return submit(event, actor);
  };
  const Actor actor = is_public ? Actor{} : access_control::actor_of(access.token());
  const Call call{request, found.parameters, actor, access, now, plane, guarded, submit, around_};
  return found.route->endpoint(call);
}

}  // namespace flotilla::controller::api
