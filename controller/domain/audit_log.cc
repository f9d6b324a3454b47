#include <algorithm>

#include "controller/domain/control_plane.h"
#include "controller/domain/keys.h"
#include "controller/domain/record_codec.h"

namespace flotilla::controller {

Status read_audit_bytes(Store& store, uint64_t from, uint64_t limit,
                        std::vector<std::string>& out) {
  for (uint64_t i = 0; i < limit && i <= UINT64_MAX - from; ++i) {
    Result<std::optional<std::string>> value = store.get(keys::audit(from + i));
    FLOTILLA_TRY(value.status());
    if (!value.value()) return ok_status();
    out.push_back(std::move(*value.value()));
  }
  return ok_status();
}

Status read_audit(Store& store, uint64_t from, uint64_t limit, std::vector<AuditEntry>& out) {
  std::vector<std::string> stored;
  FLOTILLA_TRY(read_audit_bytes(store, from, limit, stored));
  for (const std::string& bytes : stored) {
    AuditEntry entry;
    FLOTILLA_TRY(decode(bytes, entry));
    out.push_back(std::move(entry));
  }
  return ok_status();
}

Status find_audit(Store& store, std::string_view object, bool below, size_t limit,
                  std::vector<uint64_t>& out) {
  std::vector<uint64_t> found;
  FLOTILLA_TRY(store.scan(keys::audit_marks(object, below), [&](std::string_view key, auto) {
    if (key.size() >= 8) found.push_back(load_u64_be(as_bytes(key.substr(key.size() - 8)).data()));
    return true;
  }));
  std::sort(found.begin(), found.end());
  if (found.size() > limit) found.erase(found.begin(), found.end() - static_cast<ptrdiff_t>(limit));
  out.insert(out.end(), found.begin(), found.end());
  return ok_status();
}

}  // namespace flotilla::controller
