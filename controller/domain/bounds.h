#pragma once

#include <cstddef>
#include <cstdint>

#include "schemas/base/time.h"

/// Limits of the control plane, in one place. Reaching one refuses the command with both numbers.
namespace flotilla::controller {

inline constexpr size_t kMaxClasses = 1024;
inline constexpr size_t kMaxDevices = 1'000'000;  ///< retired ones included
inline constexpr size_t kMaxRegisteredModels = 4096;
inline constexpr uint32_t kMaxVersions = 100'000;  ///< of one model
inline constexpr size_t kMaxVariants = 64;         ///< of one version
inline constexpr size_t kMaxLiveRollouts = 256;
inline constexpr size_t kMaxTokens = 1024;
inline constexpr size_t kMaxGrants = 32;  ///< of one token
inline constexpr size_t kMaxPolicies = 256;
inline constexpr size_t kMaxPolicyRules = 64;  ///< of one kind in one policy
inline constexpr size_t kMaxRuleText = 512;    ///< bytes of one rule
inline constexpr size_t kMaxAliases = 64;      ///< of one model
inline constexpr size_t kMaxEvidence = 256;    ///< of one version
inline constexpr size_t kMaxApprovals = 256;   ///< of one version
inline constexpr size_t kMaxMetrics = 64;      ///< of one piece of evidence
inline constexpr uint32_t kMaxNeeded = 64;     ///< people a policy may ask for
inline constexpr size_t kMaxLabels = 32;       ///< of one device
inline constexpr size_t kMaxLabelKey = 64;
inline constexpr size_t kMaxLabelValue = 256;
inline constexpr size_t kMaxDocument = 256 * 1024;  ///< bytes of a version document
inline constexpr uint32_t kMaxRevisions = 100;      ///< of one version's document
inline constexpr size_t kMaxReleaseApprovals = 16;
inline constexpr size_t kMaxText = 1024;  ///< bytes of a reason or detail that is kept

inline constexpr size_t kMaxClassText = 64;  ///< bytes of a runtime's or accelerator's name
inline constexpr uint32_t kMinChunkMax = 1024;
/// What one erase unit of incompressible output may cost beyond its own bytes in a chunk.
inline constexpr uint32_t kEraseUnitOverhead = 256;

/// Unknown devices that are audited by name in one interval; the rest is counted.
inline constexpr size_t kMaxUnknownAudits = 16;
inline constexpr Duration kAuditInterval = seconds(600);
/// How far a device's report may move the numbers of directives. A device that lies cannot use them
/// up.
inline constexpr uint64_t kMaxCatchUp = 1'000'000;

/// Entries of the log that the reports of one device may cause in an interval: those of some twenty
/// rollouts.
inline constexpr uint64_t kMaxSpeech = 128;
inline constexpr Duration kSpeechInterval = seconds(3600);

/// A device that sent neither a report nor health for this long is silent. Five times the default
/// health interval of devices.
inline constexpr Duration kSilentAfter = seconds(300);
/// Time a reachable device has to answer a directive before a gate stops waiting for it.
inline constexpr Duration kAnswerGrace = seconds(120);
/// An assignment under way without any report for this long expires.
inline constexpr Duration kAssignmentDeadline = seconds(24 * 3600);
/// A build or a publish that was not answered is asked for again.
inline constexpr Duration kBuildRetry = seconds(600);
/// After a build that failed; doubled from failure to failure, up to kBuildRetry.
inline constexpr Duration kBuildRest = seconds(30);
/// The use of a token is noted this often.
inline constexpr Duration kTokenUse = seconds(60);
inline constexpr Duration kOutboxRetry = seconds(30);
/// What is at rest in the broker is looked at this often; a broker may lose or spoil it while every
/// connection holds. Costs one reading of each payload.
inline constexpr Duration kPayloadAudit = seconds(3600);
/// Health is written to the store this often; below kSilentAfter, so that a restart does not
/// make a device look silent.
inline constexpr Duration kHealthFlush = seconds(240);

/// A log that has grown is vouched for at least this often.
inline constexpr Duration kCheckpointInterval = seconds(3600);
/// A signature that was not answered is asked for again.
inline constexpr Duration kCheckpointRetry = seconds(60);

constexpr bool has_passed(WallTime since, Duration span, WallTime now) {
  return now >= since + span;
}

}  // namespace flotilla::controller
