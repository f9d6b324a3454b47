#pragma once

#include <functional>
#include <optional>
#include <string>

#include "controller/artifact/proof/trust_check.h"
#include "controller/domain/records.h"

/// The whole audit log as a file, written by one machine and checked on another.
namespace flotilla::controller::proof {

/// Begins a file; entries follow. Without entries it is a checkpoint on its own. `earlier`: keysets
/// that were in force before, oldest first.
std::string log_head(Bytes keyset, Bytes checkpoint, const std::vector<std::string>& earlier = {});
/// Appends one entry as it stands in the log.
void add_entry(Hasher& hasher, std::string& out, Bytes entry);

/// A signed checkpoint of a file, and by whom.
struct CheckedHead {
  Checkpoint checkpoint;
  KeyId director = 0;
  uint32_t keyset_epoch = 0;
  Vouched vouched;
};

/// A checkpoint that a director of the keyset has signed.
Status check_checkpoint(const Tools& tools, const Keyset& keyset, Bytes bytes, CheckedHead& out);

/// What was wrong, in words; nothing: the file holds. `first`: number of the first entry that
/// differs, where it can be told.
struct LogFault {
  std::string text;
  std::optional<uint64_t> first;
};

/// The file is a checkpoint on its own: it says nothing of entries.
bool is_checkpoint(Bytes file);

/// Keyset and checkpoint at the start of a file; entries are not looked at.
std::optional<LogFault> check_head(const Tools& tools, const Anchor& anchor, Bytes file,
                                   CheckedHead& out);

/// Everything: the signatures, that the entries are gap-free, that each is the leaf it claims to
/// be, that the root over them is the signed one, and (`since`) that the log begins with the one
/// of an older checkpoint. `visit` sees every entry that is in its place; about 2 us each.
std::optional<LogFault> verify_log(const Tools& tools, const Anchor& anchor, Bytes file,
                                   const Checkpoint* since, CheckedHead& out,
                                   const std::function<void(const AuditEntry&)>& visit);

}  // namespace flotilla::controller::proof
