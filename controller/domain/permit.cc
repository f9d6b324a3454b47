#include <algorithm>
#include <set>

#include "controller/domain/access_control.h"
#include "controller/domain/text.h"

namespace flotilla::controller::access_control {
namespace {

std::string join(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += cat(out.empty() ? "" : ", ", name);
  return out;
}

bool has_alias_grant(const Token& token, const Demand& demand, const Reach& reach) {
  return std::any_of(token.grants.begin(), token.grants.end(), [&](const Grant& grant) {
    return includes(grant.role, demand.permission) && covers(grant.scope, reach) &&
           !is_unlimited(grant.scope.alias);
  });
}

bool has_within(const Token& token, Permission permission, const Scope& scope) {
  return std::any_of(token.grants.begin(), token.grants.end(), [&](const Grant& grant) {
    return includes(grant.role, permission) && contains(grant.scope, scope);
  });
}

/// Whose tokens, those that have not expired, are so.
template <typename Test>
std::vector<std::string> identities(const FleetState& state, WallTime now, Test&& is_so) {
  std::set<std::string> out;
  for (const auto& [id, token] : state.tokens) {
    if (!is_expired(token, now) && is_so(token)) out.insert(token.identity);
    if (out.size() >= kMaxNamed) break;
  }
  return {out.begin(), out.end()};
}

std::string grants_text(const Token& token) {
  std::string out;
  for (const Grant& grant : token.grants) out += cat(out.empty() ? "" : "; ", describe(grant));
  return out.empty() ? "nothing" : out;
}

/// Who can help somebody whose token does not suffice.
struct Helpers {
  std::vector<std::string> holders;   ///< of the missing right
  std::vector<std::string> granters;  ///< may give it
};

Helpers helpers(const FleetState& state, Permission permission, const Reach& reach, WallTime now) {
  return {holders(state, permission, reach, now),
          holders(state, Permission::kManageTokens, reach, now)};
}

Helpers helpers(const FleetState& state, Permission permission, const Scope& scope, WallTime now) {
  const auto within = [&](Permission wanted) {
    return identities(state, now,
                      [&](const Token& token) { return has_within(token, wanted, scope); });
  };
  return {within(permission), within(Permission::kManageTokens)};
}

std::string asking(const std::vector<std::string>& names) {
  return names.empty() ? "" : cat("ask one who holds it: ", join(names), "; or ");
}

/// `where`: "model pose, class cam"; empty: anywhere.
Refusal denied(const Token& token, const Demand& demand, Helpers who, const char* rule,
               const std::string& where) {
  Refusal out;
  out.code = Code::kPermissionDenied;
  out.rule = rule;
  out.held_by = std::move(who.holders);
  const std::string on = where.empty() ? "" : cat(" on ", where);
  out.message = cat("this needs ", permission_name(demand.permission), on, " (role ",
                    roles_with(demand.permission), "); token '", token.name, "' of ",
                    token.identity, " holds ", grants_text(token));
  out.remedy = cat(asking(out.held_by), "an admin (", names_text(who.granters),
                   ") can grant it: flotilla token create NAME --role ",
                   first_role_with(demand.permission), where.empty() ? "" : " with that scope");
  return out;
}

Refused refuse_reach(const FleetState& state, const Token& token, const Demand& demand,
                     const Reach& reach, WallTime now) {
  if (!permits(token.grants, demand.permission, reach)) {
    return denied(token, demand, helpers(state, demand.permission, reach, now), "scope_missing",
                  describe(reach));
  }
  if (!demand.names_alias || has_alias_grant(token, demand, reach)) return std::nullopt;
  Helpers who = helpers(state, demand.permission, reach, now);
  who.holders = identities(
      state, now, [&](const Token& other) { return has_alias_grant(other, demand, reach); });
  const std::string granters = names_text(who.granters);
  Refusal out = denied(token, demand, std::move(who), "alias_protected",
                       cat(describe(reach), ", by a grant that names the protected alias"));
  out.remedy =
      cat(asking(out.held_by), "an admin (", granters,
          ") can grant it: flotilla token create NAME --role operator --alias ", reach.alias);
  return out;
}

}  // namespace

std::vector<std::string> holders(const FleetState& state, Permission permission, const Reach& reach,
                                 WallTime now) {
  return identities(state, now,
                    [&](const Token& token) { return permits(token.grants, permission, reach); });
}

std::string names_text(const std::vector<std::string>& names) {
  return names.empty() ? "nobody" : join(names);
}

Refused permit(const FleetState& state, const Token& token, const Demand& demand, WallTime now) {
  if (!permits_anywhere(token.grants, demand.permission)) {
    const Reach reach = demand.reaches.empty() ? Reach{} : demand.reaches.front();
    return denied(token, demand, helpers(state, demand.permission, reach, now), "role_missing",
                  describe(reach));
  }
  for (const Reach& reach : demand.reaches) {
    if (Refused why = refuse_reach(state, token, demand, reach, now)) return why;
  }
  for (const Scope& scope : demand.scopes) {
    if (has_within(token, demand.permission, scope)) continue;
    const std::string where = describe(Grant{Role::kAdmin, scope}).substr(sizeof "admin" - 1);
    return denied(token, demand, helpers(state, demand.permission, scope, now), "scope_missing",
                  where.empty() ? "everything" : where.substr(sizeof " on " - 1));
  }
  return std::nullopt;
}

}  // namespace flotilla::controller::access_control
