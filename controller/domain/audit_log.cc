#include <algorithm>

#include "controller/domain/control_plane.h"
#include "controller/domain/keys.h"
#include "controller/domain/record_codec.h"

namespace flotilla::controller {
namespace {

constexpr size_t kNumber = sizeof(uint64_t);  ///< at the end of a mark

}  // namespace

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
                  std::vector<uint64_t>& out, uint64_t before) {
  std::vector<uint64_t> found;
  std::string end = before == UINT64_MAX || below ? "" : keys::audit_mark(object, before);
  std::string subject;  // marks of one object stand together
  for (bool more = limit > 0; more;) {
    size_t of_subject = 0;
    more = false;
    FLOTILLA_TRY(store.scan_back(
        keys::audit_marks(object, below), end, [&](std::string_view key, std::string_view) {
          if (key.size() < kNumber) return true;
          const std::string_view about = key.substr(0, key.size() - kNumber);
          if (about != subject) {
            subject = about;
            of_subject = 0;
          }
          more = of_subject == limit;
          if (more) return false;
          ++of_subject;
          found.push_back(load_u64_be(as_bytes(key.substr(about.size())).data()));
          return true;
        }));
    end = subject;
  }
  std::sort(found.begin(), found.end());
  if (found.size() > limit) found.erase(found.begin(), found.end() - static_cast<ptrdiff_t>(limit));
  out.insert(out.end(), found.begin(), found.end());
  return ok_status();
}

}  // namespace flotilla::controller
