#include "controller/api/api.h"

#include "controller/api/problem.h"
#include "controller/api/token_text.h"

namespace flotilla::controller::api {

namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr const char* kTokenRemedy =
    "send 'Authorization: Bearer TOKEN'; the first admin token is in the server's "
    "state folder, file admin-token";

struct Found {
  const Route* route = nullptr;
  std::map<std::string, std::string> parameters;
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

std::optional<Actor> actor_of(const Request& request, const ControlPlane& plane, Hasher& hasher) {
  const std::string_view header = request.authorization;
  if (header.substr(0, kBearer.size()) != kBearer) return std::nullopt;
  const auto parts = parse_token(header.substr(kBearer.size()));
  if (!parts) return std::nullopt;
  const auto token = plane.tokens().find(std::string(parts->id));
  // An unknown id costs the same hash and comparison as a known one.
  const Digest expected = token == plane.tokens().end() ? Digest{} : token->second.secret_hash;
  const bool same = equal_in_constant_time(token_hash(hasher, parts->secret), expected);
  if (!same || token == plane.tokens().end()) return std::nullopt;
  return Actor{token->second.name, token->second.role};
}

Response unauthenticated(const Request& request) {
  const bool given = !request.authorization.empty();
  return problem({Code::kUnauthenticated,
                  given ? "the token is not known here" : "the request carries no token",
                  kTokenRemedy});
}

Response forbidden(const Route& route, const Actor& actor) {
  return problem({Code::kPermissionDenied,
                  std::string(route.operation) + " needs the role " + role_name(route.role) +
                      "; token '" + actor.name + "' has the role " + actor.role,
                  "use a token of that role"});
}

}  // namespace

Response Api::answer(const Request& request, const ControlPlane& plane, const Submit& submit,
                     WallTime now) {
  const Found found = find_route(request);
  const bool is_public = found.route != nullptr && found.route->role == Role::kPublic;
  const auto actor = actor_of(request, plane, around_.hasher);
  // Without a token nobody learns which paths exist.
  if (!is_public && !actor) return unauthenticated(request);
  if (found.route == nullptr) return no_route(request, found);
  if (!is_public && parse_role(actor->role) < found.route->role) {
    return forbidden(*found.route, *actor);
  }
  const Call call{request, found.parameters, actor.value_or(Actor{}), now, plane, submit, around_};
  return found.route->endpoint(call);
}

}  // namespace flotilla::controller::api
