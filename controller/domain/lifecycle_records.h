#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "schemas/base/digest.h"
#include "schemas/base/time.h"

/// Governance of versions, as plain structs: states, evidence, approvals, policies, aliases.
namespace flotilla::controller {

/// Of one version on one hardware class.
enum class ReleaseState : uint8_t {
  kDraft = 0,
  kValidated = 1,
  kApproved = 2,
  kReleased = 3,
  kDeprecated = 4,
  kRevoked = 5,
};

/// What a validator found.
struct Evidence {
  std::string hardware_class;
  Digest file;                                 ///< artifact: the report
  std::map<std::string, std::string> metrics;  ///< name -> decimal number
  std::string by;                              ///< identity
  WallTime time;
};

/// One person's consent to one version on one hardware class.
struct ApprovalRecord {
  std::string hardware_class;
  std::string by;  ///< identity
  WallTime time;
  uint64_t key = 0;  ///< that signed it; 0: it is not signed
  /// As it came. The store has it with the release's approvals; older programs put it here as well.
  std::string envelope;
};

struct ClassStanding {
  ReleaseState state = ReleaseState::kDraft;
  WallTime changed;
  std::string by;  ///< identity
  std::string reason;
};

/// Where a version stands. One without a record is released: no policy asked for more when it was
/// registered.
struct Lifecycle {
  std::string model;
  uint32_t version = 0;
  std::map<std::string, ClassStanding> classes;
  std::vector<Evidence> evidence;         ///< the newest of each person and class
  std::vector<ApprovalRecord> approvals;  ///< one of each person and class
};

/// What versions must show before they are released. All policies whose patterns match a model and
/// class hold together.
struct Policy {
  std::string model;                           ///< pattern
  std::string hardware_class;                  ///< pattern
  std::vector<std::string> metadata;           ///< paths that the version document must have
  std::vector<std::string> require;            ///< queries that must hold for the variant
  uint32_t evidence = 0;                       ///< validators who must have posted evidence
  uint32_t approvals = 0;                      ///< people who must have approved
  std::vector<std::string> approvers;          ///< who counts; empty: everyone with the role
  std::vector<std::string> protected_aliases;  ///< patterns
  std::vector<std::string> golden_aliases;     ///< patterns; `champion` is always one
  WallTime changed;
  std::string changed_by;
};

/// One rule that is not met.
struct FailedRule {
  std::string rule;      ///< "metric.f1 >= 0.9", "approvals"
  std::string expected;  ///< in words
  std::string found;
  std::vector<std::string> who;  ///< could satisfy it: identities
};

/// A movable pointer to a version.
struct Alias {
  std::string model;
  std::string alias;
  uint32_t version = 0;                     ///< on classes that are not below; 0: on no other
  std::map<std::string, uint32_t> classes;  ///< hardware class -> version
  WallTime moved;
  std::string moved_by;
};

/// The alias whose versions must have golden vectors.
inline constexpr const char* kChampion = "champion";

}  // namespace flotilla::controller
