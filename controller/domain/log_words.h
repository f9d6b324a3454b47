#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controller/domain/records.h"

/// What proofs read out of audit entries: written and read in one place. Entries never change, so
/// the forms of earlier programs are read for good.
namespace flotilla::controller::log_words {

/// Evidence of version.registered: a line for each class.
std::string registration(const ModelVersion& version);

/// What a registration says of one class.
struct Registered {
  Digest image;
  Digest release;   ///< none: it was a draft
  Digest document;  ///< none: it has none
};
/// Nothing: the entry has no evidence (it is of an earlier program), or none of the class.
std::optional<Registered> registered(const AuditEntry& entry, std::string_view hardware_class);

/// The key that device.enrolled or device.changed gives a device; false: it gives it none.
bool read_device_key(const AuditEntry& entry, PublicKey& out);
/// The class that device.enrolled names; empty: it names none.
std::string_view enrolled_class(const AuditEntry& entry);

}  // namespace flotilla::controller::log_words
