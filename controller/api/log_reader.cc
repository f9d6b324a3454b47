#include "controller/api/log_reader.h"

#include "controller/api/checkpoint.h"
#include "controller/api/problem.h"
#include "controller/api/views.h"
#include "controller/artifact/aligned.h"
#include "controller/domain/names.h"
#include "controller/domain/record_codec.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller::api {

namespace {

constexpr size_t kMaxHistory = 1000;
constexpr size_t kPage = 100;

Status read_found(const Call& call, uint64_t number, Found& out) {
  std::vector<std::string> bytes;
  FLOTILLA_TRY(read_audit_bytes(call.around.store, number, 1, bytes));
  if (bytes.empty()) return {Code::kDataLoss, "an audit entry that was found is gone"};
  FLOTILLA_TRY(decode(bytes[0], out.entry));
  out.bytes = std::move(bytes[0]);
  return ok_status();
}

}  // namespace

Status read_about(const Call& call, const std::string& object, bool below,
                  std::vector<Found>& out) {
  std::vector<uint64_t> numbers;
  FLOTILLA_TRY(find_audit(call.around.store, object, below, kMaxHistory, numbers));
  for (const uint64_t number : numbers) FLOTILLA_TRY(read_found(call, number, out.emplace_back()));
  return ok_status();
}

Status walk_about(const Call& call, const std::string& object, uint64_t before,
                  const std::function<bool(Found&)>& visit) {
  for (;;) {
    std::vector<uint64_t> numbers;
    FLOTILLA_TRY(find_audit(call.around.store, object, false, kPage, numbers, before));
    if (numbers.empty()) return ok_status();
    before = numbers.front();
    for (; !numbers.empty(); numbers.pop_back()) {
      Found found;
      FLOTILLA_TRY(read_found(call, numbers.back(), found));
      if (!visit(found)) return ok_status();
    }
  }
}

Status read_keysets(const Call& call, std::vector<Found>& out) {
  const std::string in_force = keyset_in_force(call);
  if (in_force.empty()) return ok_status();
  const uint32_t epoch = call.around.keysets->current()->keyset().epoch;
  std::vector<Found> found;
  FLOTILLA_TRY(read_about(call, "keyset", true, found));
  std::map<uint32_t, Found> by_epoch;  // one that was taken and never came in force has a successor
  for (Found& one : found) {
    const auto keys = FleetKeys::open(one.entry.evidence);
    if (keys.ok()) by_epoch[keys.value()->keyset().epoch] = std::move(one);
  }
  by_epoch.erase(by_epoch.upper_bound(epoch), by_epoch.end());
  const bool is_known = !by_epoch.empty() && by_epoch.rbegin()->second.entry.evidence == in_force;
  if (!is_known) return ok_status();
  for (auto& [number, one] : by_epoch) out.push_back(std::move(one));
  return ok_status();
}

Response not_stored_yet(Status status) {
  if (status.code() != Code::kUnavailable)
    return problem(refusal_of(status, "inspect the server's state folder"));
  Response response = problem(refusal_of(status, "repeat the request in a moment"));
  response.is_soon_done = true;
  return response;
}

std::optional<Attestation> attestation_of(const AuditEntry& entry) {
  const AlignedCopy bytes(as_bytes(entry.evidence));
  const auto decoded = wire::decode_attestation(bytes.view());
  if (!decoded.ok()) return std::nullopt;
  return decoded.value().value;
}

Origin find_origin(const ControlPlane& plane, const std::string& model,
                   const std::string& hardware_class, const Digest& image, const Digest& release) {
  Origin out;
  const auto versions = plane.models().find(model);
  if (versions == plane.models().end()) return out;
  for (const auto& [number, version] : versions->second) {
    for (const Variant& variant : version.variants) {
      if (variant.hardware_class != hardware_class || variant.image_digest != image) continue;
      if (out.variant == nullptr || out.variant->release_digest != release)
        out = {&version, &variant};
    }
  }
  return out;
}

Json state_json(const ControlPlane& plane, const Device& device, const AuditEntry& entry,
                const Attestation& attested) {
  const std::string model(attested.model.view());
  const Origin origin = find_origin(plane, model, device.hardware_class, attested.measured_digest,
                                    attested.release_digest);
  return {{"entry", entry.number},
          {"time", time_json(entry.time)},
          {"model", model},
          {"outcome", state_name(attested.outcome)},
          {"rollout", attested.rollout},
          {"image", digest_json(attested.measured_digest)},
          {"golden", digest_json(attested.golden_digest)},
          {"engine", digest_json(attested.engine_digest)},
          {"version", origin.version == nullptr ? Json() : Json(origin.version->version)},
          {"label", origin.version == nullptr ? Json() : Json(origin.version->label)}};
}

}  // namespace flotilla::controller::api
