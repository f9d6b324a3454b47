#include "controller/domain/control_plane.h"
#include "controller/domain/keys.h"
#include "controller/domain/record_codec.h"

namespace flotilla::controller {

Status read_audit(Store& store, uint64_t from, uint64_t limit, std::vector<AuditEntry>& out) {
  for (uint64_t i = 0; i < limit && i <= UINT64_MAX - from; ++i) {
    Result<std::optional<std::string>> value = store.get(keys::audit(from + i));
    FLOTILLA_TRY(value.status());
    if (!value.value()) return ok_status();
    AuditEntry entry;
    FLOTILLA_TRY(decode(*value.value(), entry));
    out.push_back(std::move(entry));
  }
  return ok_status();
}

}  // namespace flotilla::controller
