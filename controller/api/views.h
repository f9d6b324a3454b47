#pragma once

#include <functional>

#include "controller/api/json.h"
#include "controller/api/message.h"
#include "controller/domain/control_plane.h"

/// Records as JSON: the shapes that openapi.json describes. Digests are 64 hexadecimal digits or
/// null, instants are RFC 3339 text or null, 64-bit ids are 16 hexadecimal digits.
namespace flotilla::controller::api {

Json digest_json(const Digest& digest);
Json time_json(WallTime time);

Json class_json(const HardwareClass& hardware_class);

/// "retired", "duplicate" (two devices use the id), "silent" (enrolled, never reported) or
/// "active".
const char* device_state(const Device& device);
/// The row of a list.
Json device_summary_json(const Device& device);
Json device_json(const Device& device);
/// What it remembers of the audit log.
Json witness_json(const Device& device);

Json version_summary_json(const ModelVersion& version);
Json version_json(const ModelVersion& version);

/// `trouble`: why it is not at rest; empty: nothing is known.
Json transfer_json(const Transfer& transfer, const std::string& trouble);
Json token_json(const Token& token);
Json audit_json(const AuditEntry& entry);
Json upload_json(const std::string& id, const UploadProgress& progress);

Json rollout_summary_json(const Rollout& rollout,
                          const std::map<std::string, Assignment>& assignments);
/// The devices that may be named.
using DeviceFilter = std::function<bool(const Device& device)>;
/// With the counts per class and the first `max_failures` failures with their reasons in words.
Json rollout_json(const Rollout& rollout, const ControlPlane& plane, size_t max_failures,
                  const DeviceFilter& visible);
/// The first `limit` devices of a rollout.
Json assignments_json(const ControlPlane& plane, uint32_t rollout, size_t limit,
                      const DeviceFilter& visible);
Json policy_json(const RolloutPolicy& policy);

}  // namespace flotilla::controller::api
