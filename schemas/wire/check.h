#pragma once

#include "schemas/base/status.h"
#include "schemas/protocol/messages.h"

/// The limits of limits.h, applied to a value: the same rules guard what is decoded and what is
/// encoded. kOutOfRange for numbers and counts, kUnimplemented for a verb, codec or reason that
/// this build does not know, kInvalidArgument for everything else.
namespace flotilla::wire {

Status check(const Keyset& value);
Status check(const ReleaseManifest& value);
Status check(const TransferManifest& value);
Status check(const Directive& value);
Status check(const Attestation& value);
Status check(const Approval& value);
Status check(const Checkpoint& value);
Status check(const Envelope& value);
Status check(const Chunk& value);
Status check(const StateReport& value);
Status check(const HealthReport& value);
Status check(const Acknowledgement& value);
/// The parts of an offer, before they are taken apart.
Status check_offer(Bytes transfer_envelope, Bytes release_envelope, Bytes golden);
Status check_approval_envelope(Bytes envelope);
Status check(const GrowthProof& value);

/// Building blocks of the above.
Status check_time(WallTime time);
Status check_name(const Name& name, const char* reason);
Status check_device(const DeviceId& device);
/// Printable ASCII, so that logs and JSON take it as it is.
Status check_text(std::string_view text, const char* reason);

}  // namespace flotilla::wire
