#include "controller/domain/grants.h"

#include <algorithm>
#include <array>

#include "controller/domain/text.h"
#include "schemas/base/ids.h"

namespace flotilla::controller {
namespace {

constexpr std::array<const char*, kRoles> kRoleNames = {"viewer",   "publisher",      "validator",
                                                        "approver", "operator",       "auditor",
                                                        "admin",    "device-enroller"};

constexpr unsigned bit(Role role) {
  return 1u << static_cast<unsigned>(role);
}

template <typename... Roles>
constexpr unsigned any_of(Roles... roles) {
  return (bit(roles) | ...);
}

constexpr unsigned kAll = (1u << kRoles) - 1;
constexpr unsigned kReaders = kAll & ~bit(Role::kDeviceEnroller);

struct Right {
  const char* name;
  unsigned roles;
};

/// By permission.
constexpr std::array<Right, kPermissions> kRights = {{
    {"status.read", kAll},
    {"class.read", kAll},
    {"device.read", kAll & ~any_of(Role::kPublisher, Role::kValidator)},
    {"model.read", kReaders},
    {"rollout.read", kReaders & ~bit(Role::kValidator)},
    {"audit.read", any_of(Role::kAuditor, Role::kAdmin)},
    {"artifact.store", any_of(Role::kPublisher, Role::kValidator)},
    {"version.publish", any_of(Role::kPublisher)},
    {"version.validate", any_of(Role::kValidator)},
    {"version.approve", any_of(Role::kApprover)},
    {"version.release", any_of(Role::kOperator)},
    {"version.revoke", any_of(Role::kApprover, Role::kOperator)},
    {"alias.move", any_of(Role::kPublisher, Role::kOperator)},
    {"version.pin", any_of(Role::kPublisher, Role::kOperator)},
    {"version.delete", any_of(Role::kAdmin)},
    {"rollout.operate", any_of(Role::kOperator)},
    {"device.enrol", any_of(Role::kDeviceEnroller)},
    {"class.define", any_of(Role::kAdmin)},
    {"token.manage", any_of(Role::kAdmin)},
    {"policy.manage", any_of(Role::kAdmin)},
    {"keyset.publish", any_of(Role::kAdmin)},
}};

constexpr const Right& right(Permission permission) {
  return kRights[static_cast<size_t>(permission)];
}

/// The part that names begin with, and whether more may follow.
std::string_view literal_of(std::string_view pattern, bool& is_open) {
  is_open = pattern.empty() || pattern.back() == '*';
  if (!pattern.empty() && is_open) pattern.remove_suffix(1);
  return pattern;
}

/// `reach`: empty, kEvery or a name.
bool reaches(std::string_view pattern, std::string_view reach) {
  if (reach.empty()) return true;
  return reach == kEvery ? is_unlimited(pattern) : matches(pattern, reach);
}

bool is_within(std::string_view inner, std::string_view outer) {
  bool inner_open = false;
  bool outer_open = false;
  const std::string_view part = literal_of(inner, inner_open);
  const std::string_view whole = literal_of(outer, outer_open);
  if (outer_open) return part.substr(0, whole.size()) == whole;
  return !inner_open && part == whole;
}

void add_part(std::string& out, const char* what, const std::string& value) {
  if (value.empty()) return;
  const std::string text = value == kEvery ? cat("every ", what) : cat(what, " ", value);
  out += cat(out.empty() ? "" : ", ", text);
}

}  // namespace

const char* role_name(Role role) {
  return kRoleNames[static_cast<size_t>(role)];
}

std::optional<Role> parse_role(std::string_view name) {
  for (size_t i = 0; i < kRoles; ++i) {
    if (name == kRoleNames[i]) return static_cast<Role>(i);
  }
  return std::nullopt;
}

std::string role_names() {
  std::string out;
  for (const char* name : kRoleNames) out += cat(out.empty() ? "" : ", ", name);
  return out;
}

const char* permission_name(Permission permission) {
  return right(permission).name;
}

bool includes(Role role, Permission permission) {
  return (right(permission).roles & bit(role)) != 0;
}

std::string roles_with(Permission permission) {
  std::string out;
  for (size_t i = 0; i < kRoles; ++i) {
    if (!includes(static_cast<Role>(i), permission)) continue;
    out += cat(out.empty() ? "" : " or ", kRoleNames[i]);
  }
  return out;
}

const char* first_role_with(Permission permission) {
  for (size_t i = 0; i < kRoles; ++i) {
    if (includes(static_cast<Role>(i), permission)) return kRoleNames[i];
  }
  return "";
}

bool is_unlimited(std::string_view pattern) {
  return pattern.empty() || pattern == kEvery;
}

bool is_valid_pattern(std::string_view pattern) {
  if (is_unlimited(pattern)) return true;
  if (pattern.back() == '*') pattern.remove_suffix(1);
  return is_valid_name(pattern);
}

bool matches(std::string_view pattern, std::string_view name) {
  bool is_open = false;
  const std::string_view literal = literal_of(pattern, is_open);
  return is_open ? name.substr(0, literal.size()) == literal : name == literal;
}

bool overlap(std::string_view a, std::string_view b) {
  return is_within(a, b) || is_within(b, a);
}

bool covers(const Scope& scope, const Reach& reach) {
  return reaches(scope.model, reach.model) && reaches(scope.hardware_class, reach.hardware_class) &&
         reaches(scope.site, reach.site) && reaches(scope.alias, reach.alias);
}

bool contains(const Scope& outer, const Scope& inner) {
  return is_within(inner.model, outer.model) &&
         is_within(inner.hardware_class, outer.hardware_class) &&
         is_within(inner.site, outer.site) && is_within(inner.alias, outer.alias);
}

bool permits(const std::vector<Grant>& grants, Permission permission, const Reach& reach) {
  return std::any_of(grants.begin(), grants.end(), [&](const Grant& grant) {
    return includes(grant.role, permission) && covers(grant.scope, reach);
  });
}

bool permits_anywhere(const std::vector<Grant>& grants, Permission permission) {
  return permits(grants, permission, {});
}

std::string describe(const Reach& reach) {
  std::string out;
  add_part(out, "model", reach.model);
  add_part(out, "class", reach.hardware_class);
  add_part(out, "site", reach.site);
  add_part(out, "alias", reach.alias);
  return out;
}

std::string describe(const Grant& grant) {
  const auto limit = [](const std::string& p) { return is_unlimited(p) ? std::string() : p; };
  const Scope& s = grant.scope;
  const std::string where =
      describe(Reach{limit(s.model), limit(s.hardware_class), limit(s.site), limit(s.alias)});
  return cat(role_name(grant.role), where.empty() ? "" : " on ", where);
}

std::vector<Grant> first_grants() {
  return {{Role::kPublisher, {}},
          {Role::kOperator, {}},
          {Role::kAuditor, {}},
          {Role::kAdmin, {}},
          {Role::kDeviceEnroller, {}}};
}

}  // namespace flotilla::controller
