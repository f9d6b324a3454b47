#include "controller/api/body_reader.h"
#include "controller/api/endpoints.h"
#include "controller/api/keyset_keeper.h"
#include "controller/api/keyset_view.h"
#include "controller/api/release_trust.h"
#include "controller/api/rollout_request.h"
#include "controller/api/views.h"
#include "controller/artifact/manifest_builder.h"
#include "controller/domain/text.h"
#include "schemas/protocol/trust.h"

namespace flotilla::controller::api {

namespace {

/// The variant that a path of .../versions/{version}/release/{class} names.
struct Place {
  const ModelVersion* version = nullptr;
  const Variant* variant = nullptr;
};

std::optional<Response> find_place(const Call& call, Place& out) {
  const std::string& model = call.parameters.at("model");
  const std::string& wanted = call.parameters.at("version");
  const std::string& hardware_class = call.parameters.at("class");
  std::optional<Response> missing;
  out.version = asked_version(call, missing);
  if (missing) return missing;
  for (const Variant& variant : out.version->variants) {
    if (variant.hardware_class == hardware_class) out.variant = &variant;
  }
  if (out.variant != nullptr) return std::nullopt;
  return not_found("variant", model + "/" + wanted + " for " + hardware_class,
                   "classes: flotilla model show " + model + " " + wanted);
}

/// The member `envelope`: hexadecimal text of something that was signed.
std::optional<Response> read_envelope(const Call& call, std::string& out) {
  Json body;
  if (auto fault = read_body(call, body)) return fault;
  BodyReader reader(body);
  const std::string text = reader.text("envelope", 2 * kMaxEnvelope, Need::kRequired);
  const auto bytes = parse_hex_text(text);
  if (reader.ok() && !bytes) {
    reader.fail("envelope", "'" + text.substr(0, 20) + "...'", "hexadecimal digits");
  }
  if (const auto refusal = reader.finish()) return problem(*refusal);
  out = *bytes;
  return std::nullopt;
}

Response no_keyset() {
  return problem({Code::kUnimplemented, "this server keeps no keyset",
                  "ask one that was started by flotilla serve"});
}

Json approval_json(const ReleaseApproval& approval) {
  return {{"approver", approval.approver},
          {"key", to_hex(approval.signer).view()},
          {"created", time_json(approval.created)},
          {"created_by", approval.created_by}};
}

Json release_json(const Call& call, const Place& place) {
  const ReleaseManifest manifest = manifest_of(*place.version, *place.variant);
  return {{"model", manifest.model.view()},
          {"version", manifest.version},
          {"label", manifest.label.view()},
          {"hardware_class", manifest.hardware_class.view()},
          {"security_counter", manifest.security_counter},
          {"image_digest", digest_json(manifest.image_digest)},
          {"image_size", manifest.image_size},
          {"golden_digest", digest_json(manifest.golden_digest)},
          {"runtime", manifest.runtime.view()},
          {"document_digest", digest_json(manifest.document_digest)},
          {"checkpoint_size", manifest.checkpoint_size},
          {"checkpoint_root", digest_json(manifest.checkpoint_root)},
          {"release_digest", digest_json(place.variant->release_digest)},
          {"envelope", hex_text(as_bytes(place.variant->release_envelope))},
          {"approvals", approvals_json(call.plane, place.variant->release_digest)}};
}

std::string signature_fault(const KeysetSignatures& found) {
  const auto of = [](uint8_t have, uint8_t need) {
    return std::to_string(have) + " of " + std::to_string(need);
  };
  return "signatures of root keys: " + of(found.have_old, found.need_old) +
         " of the keyset in force, " + of(found.have_own, found.need_own) + " of the new one";
}

std::optional<Refusal> refuse_keyset(const Call& call, const FleetKeys& next) {
  const auto current = call.around.keysets->current();
  HashingVerifier verifier(call.around.hasher, *call.around.verifier);
  const KeysetSignatures found = check_keyset(verifier, &current->keyset(), next.signed_keyset());
  if (found.reason == Reason::kReplayed) {
    return Refusal{Code::kFailedPrecondition,
                   "the keyset has epoch " + std::to_string(next.keyset().epoch) +
                       "; the one in force has " + std::to_string(current->keyset().epoch),
                   "make a proposal from the keyset in force: flotilla key show"};
  }
  if (found.reason != Reason::kNone) {
    return Refusal{Code::kUnauthenticated, signature_fault(found),
                   "let more root keys sign it: flotilla key sign-keyset"};
  }
  const std::string objection = call.around.keysets->objection(next.keyset());
  if (objection.empty()) return std::nullopt;
  return Refusal{Code::kFailedPrecondition, objection,
                 "put the key of a director that the keyset names in place as director.key"};
}

Response keyset_response(const Call& call, const FleetKeys& keys) {
  Json body = keyset_json(call.around.hasher, keys.keyset());
  body["envelope"] = hex_text(as_bytes(keys.envelope()));
  return json_response(200, body);
}

}  // namespace

Json approvals_json(const ControlPlane& plane, const Digest& release) {
  Json out = Json::array();
  for (const auto& [key, approval] : plane.approvals(release)) {
    out.push_back(approval_json(approval));
  }
  return out;
}

Response get_release(const Call& call) {
  Place place;
  if (auto fault = find_place(call, place)) return *fault;
  return json_response(200, release_json(call, place));
}

Response sign_release_of(const Call& call) {
  Place place;
  if (auto fault = find_place(call, place)) return *fault;
  SignRelease command{
      place.version->model, place.version->version, place.variant->hardware_class, {}, "", ""};
  if (auto fault = read_envelope(call, command.envelope)) return *fault;
  if (const auto refusal =
          refuse_other_manifest(*place.version, *place.variant, command.envelope)) {
    return problem(*refusal);
  }
  if (const auto refusal = refuse_release(call, command.envelope, false)) return problem(*refusal);
  const auto facts = release_facts(call.around.hasher, as_bytes(command.envelope));
  if (!facts.ok()) return problem(refusal_of(facts.status(), "sign the release again"));
  command.release_digest = facts.value().digest;
  command.signer = to_hex(facts.value().signer).view();
  if (auto fault = refused(call, command)) return *fault;
  return get_release(call);
}

Response get_keyset(const Call& call) {
  if (call.around.keysets == nullptr) return no_keyset();
  return keyset_response(call, *call.around.keysets->current());
}

Response publish_keyset(const Call& call) {
  if (call.around.keysets == nullptr || call.around.verifier == nullptr) return no_keyset();
  std::string envelope;
  if (auto fault = read_envelope(call, envelope)) return *fault;
  const auto next = FleetKeys::open(envelope);
  if (!next.ok()) return problem(refusal_of(next.status(), "sign a proposal: flotilla key"));
  if (const auto refusal = refuse_keyset(call, *next.value())) return problem(*refusal);
  const Keyset& keyset = next.value()->keyset();
  const TakeKeyset command{keyset.epoch, std::to_string(keyset.keys.size()) + " keys", envelope};
  if (auto fault = refused(call, command)) return *fault;
  return keyset_response(call, *next.value());
}

}  // namespace flotilla::controller::api
