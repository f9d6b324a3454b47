#pragma once

#include <string>

#include "schemas/protocol/messages.h"

/// Every field of a message as text, one "path=value" a line: two messages are equal when their
/// texts are, and a failing test shows the field that differs.
namespace flotilla::golden {

std::string describe(const Envelope& value);
std::string describe(const Keyset& value);
std::string describe(const ReleaseManifest& value);
std::string describe(const TransferManifest& value);
std::string describe(const Directive& value);
std::string describe(const Attestation& value);
std::string describe(const Approval& value);
std::string describe(const Checkpoint& value);
std::string describe(const TransferOffer& value);
std::string describe(const Chunk& value);
std::string describe(const StateReport& value);
std::string describe(const HealthReport& value);
std::string describe(const Acknowledgement& value);

template <typename T>
std::string describe(const Signed<T>& value) {
  return describe(value.envelope) + describe(value.value);
}

}  // namespace flotilla::golden
