#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Who may do what to which: permissions, the roles that include them, and the scopes in which a
/// role is granted. Nothing is allowed that no grant allows.
namespace flotilla::controller {

enum class Role : uint8_t {
  kViewer = 0,      ///< reads
  kPublisher,       ///< stores files, registers versions, corrects documents
  kValidator,       ///< posts evidence
  kApprover,        ///< approves, revokes
  kOperator,        ///< releases, moves aliases, starts and steers rollouts
  kAuditor,         ///< reads everything, the audit log too
  kAdmin,           ///< tokens, classes, policies; neither publishes, approves nor operates
  kDeviceEnroller,  ///< enrols and retires devices
};
inline constexpr size_t kRoles = static_cast<size_t>(Role::kDeviceEnroller) + 1;

const char* role_name(Role role);
std::optional<Role> parse_role(std::string_view name);
/// "viewer, publisher, ..."
std::string role_names();

enum class Permission : uint8_t {
  kStatus = 0,
  kReadClasses,
  kReadDevices,
  kReadModels,
  kReadRollouts,
  kReadAudit,
  kStoreArtifact,
  kPublish,
  kValidate,
  kApprove,
  kRelease,  ///< also deprecates
  kRevoke,
  kMoveAlias,
  kPin,             ///< keeps the bytes of a version, or no longer
  kDeleteVersions,  ///< the bytes of those that nothing refers to
  kOperate,
  kEnrol,
  kDefineClass,
  kManageTokens,
  kManagePolicies,
  kManageKeys,
};
inline constexpr size_t kPermissions = static_cast<size_t>(Permission::kManageKeys) + 1;

/// "rollout.operate"
const char* permission_name(Permission permission);
bool includes(Role role, Permission permission);
/// "operator or approver"
std::string roles_with(Permission permission);
/// "publisher": the first of them.
const char* first_role_with(Permission permission);

/// Where a role holds. Each is a pattern: a name, a beginning of names with a trailing `*`, or
/// empty or `*` for all.
struct Scope {
  std::string model;
  std::string hardware_class;
  std::string site;
  std::string alias;
};

struct Grant {
  Role role = Role::kViewer;
  Scope scope;
};

/// What a request touches, in the dimensions of a scope. Empty: it does not concern it; kEvery: all
/// there are, so that only an unlimited pattern covers it.
struct Reach {
  std::string model;
  std::string hardware_class;
  std::string site;
  std::string alias;
};
inline constexpr const char* kEvery = "*";

bool is_valid_pattern(std::string_view pattern);
bool is_unlimited(std::string_view pattern);
bool matches(std::string_view pattern, std::string_view name);
/// Some name may match both.
bool overlap(std::string_view a, std::string_view b);

bool covers(const Scope& scope, const Reach& reach);
/// What `inner` covers, `outer` covers.
bool contains(const Scope& outer, const Scope& inner);
/// One of the grants allows it.
bool permits(const std::vector<Grant>& grants, Permission permission, const Reach& reach);
/// One of the grants has a role that includes it, in whatever scope.
bool permits_anywhere(const std::vector<Grant>& grants, Permission permission);

/// "model pose, class cam"; nothing when it concerns none.
std::string describe(const Reach& reach);
/// "operator on model pose*"
std::string describe(const Grant& grant);

/// What the first token of a server may do, and what a token with the role `admin` could when that
/// was the only one: everything but validating and approving.
std::vector<Grant> first_grants();

}  // namespace flotilla::controller
