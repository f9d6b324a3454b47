#include "controller/api/checkpoint.h"
#include "controller/api/endpoints.h"
#include "controller/api/log_reader.h"
#include "controller/api/views.h"
#include "controller/domain/names.h"
#include "controller/domain/text.h"

namespace flotilla::controller::api {

namespace {

constexpr uint64_t kMaxEntries = 1000;

Json nodes_json(const std::string& path) {
  Json nodes = Json::array();
  for (size_t at = 0; at < path.size(); at += Digest::kSize)
    nodes.push_back(hex_text(as_bytes(path).subspan(at, Digest::kSize)));
  return nodes;
}

Response beyond(uint64_t size, uint64_t log) {
  return problem({Code::kOutOfRange,
                  "the log has " + std::to_string(log) + " entries, not " + std::to_string(size),
                  "ask within it; GET /api/v1/audit/checkpoint says how long it is"});
}

}  // namespace

Response get_checkpoint(const Call& call) {
  std::optional<Refusal> why;
  const SignedCheckpoint* newest = fresh_checkpoint(call, why);
  if (newest == nullptr) return problem(*why);
  const Checkpoint& value = newest->value;
  std::vector<Found> keysets;
  const Status read = read_keysets(call, keysets);
  if (!read.ok()) return problem(refusal_of(read, "inspect the server's state folder"));
  Json earlier = Json::array();
  for (size_t i = 0; i + 1 < keysets.size(); ++i)
    earlier.push_back(hex_text(as_bytes(keysets[i].entry.evidence)));
  return json_response(200, {{"origin", value.origin.view()},
                             {"size", value.head.size},
                             {"root", digest_json(value.head.root)},
                             {"time", time_json(value.time)},
                             {"envelope", hex_text(as_bytes(newest->envelope))},
                             {"keyset", hex_text(as_bytes(keyset_in_force(call)))},
                             {"earlier_keysets", std::move(earlier)}});
}

Response get_audit_proof(const Call& call) {
  std::optional<Response> fault;
  uint64_t entry = UINT64_MAX, size = call.plane.audit_size();
  const uint64_t log = size;
  if (!read_query_number(call, "entry", 0, UINT64_MAX - 1, entry, fault)) return *fault;
  if (!read_query_number(call, "size", 1, UINT64_MAX, size, fault)) return *fault;
  if (entry == UINT64_MAX) {
    return problem({Code::kInvalidArgument, "query entry is missing", "give an entry's number"});
  }
  if (size > log) return beyond(size, log);
  if (entry >= size) return beyond(entry + 1, size);
  Hasher& hasher = call.around.hasher;
  const auto path = audit_tree::inclusion_path(call.around.store, hasher, entry, size);
  if (!path.ok()) return not_stored_yet(path.status());
  std::vector<std::string> bytes;
  const Status read = read_audit_bytes(call.around.store, entry, 1, bytes);
  if (!read.ok()) return not_stored_yet(read);
  if (bytes.empty()) return not_stored_yet({Code::kUnavailable, "the entry is not stored yet"});
  const auto head = audit_tree::head_at(call.around.store, hasher, size);
  if (!head.ok()) return not_stored_yet(head.status());
  return json_response(200, {{"entry", entry},
                             {"size", size},
                             {"root", digest_json(head.value().root)},
                             {"bytes", hex_text(as_bytes(bytes[0]))},
                             {"path", nodes_json(path.value())}});
}

Response get_audit_consistency(const Call& call) {
  std::optional<Response> fault;
  const uint64_t log = call.plane.audit_size();
  uint64_t from = 0, to = log;
  if (!read_query_number(call, "from", 1, UINT64_MAX, from, fault)) return *fault;
  if (!read_query_number(call, "to", 1, UINT64_MAX, to, fault)) return *fault;
  if (to > log) return beyond(to, log);
  if (from == 0 || from > to) {
    return problem({Code::kInvalidArgument, "from must be 1 to " + std::to_string(to),
                    "give the size of the older checkpoint"});
  }
  Hasher& hasher = call.around.hasher;
  const auto path = audit_tree::growth_path(call.around.store, hasher, from, to);
  if (!path.ok()) return not_stored_yet(path.status());
  const auto old_head = audit_tree::head_at(call.around.store, hasher, from);
  const auto new_head = audit_tree::head_at(call.around.store, hasher, to);
  if (!old_head.ok() || !new_head.ok())
    return not_stored_yet(old_head.ok() ? new_head.status() : old_head.status());
  return json_response(200, {{"from", from},
                             {"to", to},
                             {"from_root", digest_json(old_head.value().root)},
                             {"to_root", digest_json(new_head.value().root)},
                             {"path", nodes_json(path.value())}});
}

Response list_audit_bytes(const Call& call) {
  std::optional<Response> fault;
  uint64_t from = 0, limit = kMaxEntries;
  if (!read_query_number(call, "from", 0, UINT64_MAX, from, fault)) return *fault;
  if (!read_query_number(call, "limit", 1, kMaxEntries, limit, fault)) return *fault;
  std::vector<std::string> entries;
  const Status read = read_audit_bytes(call.around.store, from, limit, entries);
  if (!read.ok()) return problem(refusal_of(read, "inspect the server's state folder"));
  Json items = Json::array();
  for (const std::string& bytes : entries) items.push_back(hex_text(as_bytes(bytes)));
  const uint64_t end = from + entries.size();
  return json_response(200, list_body("entries", std::move(items),
                                      end < call.plane.audit_size() && !entries.empty()
                                          ? std::optional(std::to_string(end))
                                          : std::nullopt));
}

Response list_witnesses(const Call& call) {
  std::map<std::string, uint64_t> counts;
  Json rows = Json::array();
  for (const auto& [id, device] : call.plane.devices()) {
    if (device.retired) continue;
    ++counts[witness_name(device.witness)];
    if (device.witness_disagrees) ++counts["disagree"];
    const bool plain = device.witness == Witness::kProven && !device.witness_disagrees;
    if (plain || device.witness == Witness::kNone || rows.size() >= kMaxEntries) continue;
    Json row = witness_json(device);
    row["device"] = id;
    rows.push_back(std::move(row));
  }
  return json_response(
      200,
      {{"log_size", call.plane.audit_size()}, {"devices", counts}, {"witnesses", std::move(rows)}});
}

}  // namespace flotilla::controller::api
