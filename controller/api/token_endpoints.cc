#include <array>

#include "controller/api/body_reader.h"
#include "controller/api/endpoints.h"
#include "controller/api/governance_endpoints.h"
#include "controller/api/token_text.h"
#include "controller/api/views.h"
#include "controller/domain/bounds.h"

namespace flotilla::controller::api {

namespace {

constexpr uint64_t kMaxLife = uint64_t{10} * 365 * 24 * 3600;  ///< seconds
constexpr size_t kMaxRole = 16;

std::string fresh_token_id(const Call& call) {
  for (;;) {
    std::array<uint8_t, 5> random{};
    call.around.random(random);
    std::string id = make_token_id(random);
    if (!call.plane.tokens().contains(id)) return id;
  }
}

Role read_role(BodyReader& reader, const char* field) {
  const std::string text = reader.text(field, kMaxRole, Need::kRequired);
  const auto role = parse_role(text);
  if (reader.ok() && !role) reader.fail(field, quote(text), role_names());
  return role.value_or(Role::kViewer);
}

Grant read_grant(BodyReader& body, const Json& object) {
  BodyReader reader(object, "grants.");
  Grant grant;
  grant.role = read_role(reader, "role");
  grant.scope.model = reader.pattern("model");
  grant.scope.hardware_class = reader.pattern("hardware_class");
  grant.scope.site = reader.pattern("site");
  grant.scope.alias = reader.pattern("alias");
  if (const auto refusal = reader.finish()) body.refuse(*refusal);
  return grant;
}

/// `role` alone is one grant without limits.
std::vector<Grant> read_grants(BodyReader& reader) {
  if (reader.has("role")) return {Grant{read_role(reader, "role"), {}}};
  std::vector<Grant> out;
  for (const Json& object : reader.array("grants", 1, kMaxGrants)) {
    if (!object.is_object()) {
      reader.fail("grants", quote(object), "objects with a role and patterns");
      break;
    }
    out.push_back(read_grant(reader, object));
  }
  return out;
}

Json permissions_json(const Token& token) {
  Json out = Json::array();
  for (size_t i = 0; i < kPermissions; ++i) {
    const auto permission = static_cast<Permission>(i);
    if (permits_anywhere(token.grants, permission)) out.push_back(permission_name(permission));
  }
  return out;
}

/// All that it grants is managed by the caller.
bool is_managed(const Call& call, const Token& token) {
  return !call.access.permit(RevokeToken{token.id}, call.now);
}

}  // namespace

Response who_am_i(const Call& call) {
  Json body = token_json(call.access.token());
  body["permissions"] = permissions_json(call.access.token());
  return json_response(200, body);
}

Response list_tokens(const Call& call) {
  Json items = Json::array();
  for (const auto& [id, token] : call.plane.tokens()) {
    if (is_managed(call, token)) items.push_back(token_json(token));
  }
  return json_response(200, list_body("tokens", std::move(items)));
}

Response get_token(const Call& call) {
  const std::string& id = call.parameters.at("id");
  const auto found = call.plane.tokens().find(id);
  if (found == call.plane.tokens().end()) {
    return not_found("token", id, "tokens: flotilla token list");
  }
  if (auto refusal = call.access.permit(RevokeToken{id}, call.now)) return problem(*refusal);
  Json body = token_json(found->second);
  body["permissions"] = permissions_json(found->second);
  return json_response(200, body);
}

Response create_token(const Call& call) {
  Json body;
  if (auto fault = read_body(call, body)) return *fault;
  BodyReader reader(body);
  Token token;
  token.name = reader.name("name");
  token.identity = reader.name("identity", Need::kOptional);
  if (token.identity.empty()) token.identity = token.name;
  token.grants = read_grants(reader);
  const uint64_t life = reader.number("expires_s", 1, kMaxLife, 0);
  if (life != 0) token.expires = call.now + seconds(static_cast<int64_t>(life));
  if (const auto refusal = reader.finish()) return problem(*refusal);
  TokenSecret secret{};
  call.around.random(secret);
  token.id = fresh_token_id(call);
  const std::string text = make_token(token.id, secret);
  token.secret_hash = token_hash(call.around.hasher, parse_token(text)->secret);
  token.created = call.now;
  if (auto fault = refused(call, AddToken{token})) return *fault;
  Json created = token_json(token);
  created["token"] = text;
  return json_response(201, created);
}

Response revoke_token(const Call& call) {
  const std::string& id = call.parameters.at("id");
  if (auto fault = refused(call, RevokeToken{id})) return *fault;
  return json_response(200, {{"id", id}, {"state", "revoked"}});
}

}  // namespace flotilla::controller::api
