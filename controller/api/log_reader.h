#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "controller/api/json.h"
#include "controller/api/route.h"

/// What the audit log holds about something, for the endpoints that tell its history.
namespace flotilla::controller::api {

/// An entry and its canonical bytes.
struct Found {
  AuditEntry entry;
  std::string bytes;
};

/// The newest entries about an object, oldest first; `below`: about what lies under it.
Status read_about(const Call& call, const std::string& object, bool below, std::vector<Found>& out);

/// Entries about an object below number `before`, newest first, until `visit` returns false.
Status walk_about(const Call& call, const std::string& object, uint64_t before,
                  const std::function<bool(Found&)>& visit);

/// Entries of the keysets up to the one in force, oldest first, one for each epoch, with the
/// envelope as evidence. Empty when the one in force is not on record.
Status read_keysets(const Call& call, std::vector<Found>& out);

/// The answer when the tree or an entry cannot be read: what this turn appended is in the store a
/// moment later, and then the request is asked again.
Response not_stored_yet(Status status);

/// What a device's entry holds as evidence.
std::optional<Attestation> attestation_of(const AuditEntry& entry);

/// A version whose image for the class is this one.
struct Origin {
  const ModelVersion* version = nullptr;
  const Variant* variant = nullptr;
};

/// `release` wins over others with the same image; else the newest.
Origin find_origin(const ControlPlane& plane, const std::string& model,
                   const std::string& hardware_class, const Digest& image, const Digest& release);

/// What the device attested in this entry.
Json state_json(const ControlPlane& plane, const Device& device, const AuditEntry& entry,
                const Attestation& attested);

}  // namespace flotilla::controller::api
