#include "controller/api/views.h"

#include "controller/api/facts_view.h"
#include "controller/api/reasons.h"
#include "controller/api/text.h"
#include "controller/domain/names.h"
#include "controller/domain/text.h"

namespace flotilla::controller::api {

namespace {

Json order_json(const ReportOrder& order) {
  return {{"incarnation", to_hex(order.incarnation).view()},
          {"boot_count", order.boot_count},
          {"seq", order.seq}};
}

Json health_json(const ModelHealth& health) {
  return {{"healthy", health.healthy},
          {"loaded_digest", digest_json(health.loaded_digest)},
          {"inferences", health.inferences},
          {"failures", health.failures},
          {"latency_p50_us", health.latency_p50_us},
          {"latency_p99_us", health.latency_p99_us}};
}

Json device_model_json(const DeviceModel& model) {
  const ModelState& state = model.reported;
  return {{"model", state.model.view()},
          {"active_version", state.active_version},
          {"active_digest", digest_json(state.active_digest)},
          {"spare_digest", digest_json(state.spare_digest)},
          {"slot_size", state.slot_size},
          {"floor", state.floor},
          {"state", state_name(state.state)},
          {"reason", reason_name(state.reason)},
          {"reason_text", reason_text(state.reason)},
          {"detail", state.detail.view()},
          {"rollout", state.rollout},
          {"directive", {{"epoch", state.directive.epoch}, {"seq", state.directive.seq}}},
          {"transfer", to_hex(state.transfer).view()},
          {"chunks_done", state.chunks_done},
          {"chunks_total", state.chunks_total},
          {"bytes_received", state.bytes_received},
          {"chunks_refused", state.chunks_refused},
          {"attested", model.attestation_valid},
          {"engine_digest", digest_json(model.confirmed_engine)}};
}

/// Null for a version that is as it was pushed.
Json lineage_json(const Lineage& lineage) {
  if (lineage.rounded_from == 0) return {};
  return {{"rounded_from", lineage.rounded_from},
          {"base", lineage.base},
          {"step", lineage.step_ppm / 1e6}};
}

Json variant_json(const Variant& variant) {
  return {{"hardware_class", variant.hardware_class},
          {"image_digest", digest_json(variant.image_digest)},
          {"image_size", variant.image_size},
          {"golden_digest", digest_json(variant.golden_digest)},
          {"runtime", variant.runtime},
          {"security_counter", variant.security_counter},
          {"release_digest", digest_json(variant.release_digest)},
          {"facts", summary_json(variant.facts)}};
}

}  // namespace

Json digest_json(const Digest& digest) {
  return digest.is_none() ? Json() : Json(to_hex(digest).view());
}

Json time_json(WallTime time) {
  return time.ms <= 0 ? Json() : Json(time_text(time));
}

Json class_json(const HardwareClass& hardware_class) {
  return {{"name", hardware_class.name},
          {"slot_size", hardware_class.slot_size},
          {"chunk_max", hardware_class.chunk_max},
          {"erase_unit", hardware_class.erase_unit},
          {"decoder_memory", hardware_class.decoder_memory},
          {"ram", hardware_class.ram},
          {"runtime", hardware_class.runtime},
          {"runtime_version", hardware_class.runtime_version},
          {"accelerator", hardware_class.accelerator},
          {"accelerator_generation", hardware_class.accelerator_generation}};
}

const char* device_state(const Device& device) {
  if (device.retired) return "retired";
  if (device.duplicate_suspected) return "duplicate";
  return device.last_report.ms == 0 ? "silent" : "active";
}

Json device_summary_json(const Device& device) {
  Json models = Json::array();
  for (const auto& [name, model] : device.models) {
    models.push_back({{"model", name},
                      {"active_version", model.reported.active_version},
                      {"state", state_name(model.reported.state)},
                      {"reason", reason_name(model.reported.reason)}});
  }
  return {{"id", device.id},
          {"hardware_class", device.hardware_class},
          {"site", device.site},
          {"labels", device.labels},
          {"state", device_state(device)},
          {"software", device.software},
          {"last_report", time_json(device.last_report)},
          {"models", std::move(models)}};
}

Json witness_json(const Device& device) {
  Json body = {
      {"standing", witness_name(device.witness)},
      {"agrees", device.witness == Witness::kNone ? Json() : Json(!device.witness_disagrees)},
      {"size", device.checkpoint.size},
      {"root", digest_json(device.checkpoint.root)}};
  if (device.witness == Witness::kSplit) {
    body["other_size"] = device.conflict.size;
    body["other_root"] = digest_json(device.conflict.root);
  }
  return body;
}

Json device_json(const Device& device) {
  Json body = device_summary_json(device);
  body["public_key"] = hex_text(device.public_key);
  body["shard"] = device.shard;
  body["enrolled"] = time_json(device.enrolled);
  body["order"] = order_json(device.order);
  body["boot_count"] = device.order.boot_count;
  body["duplicate_suspected"] = device.duplicate_suspected;
  body["incarnation_changes"] = device.incarnation_changes;
  body["claimed_class"] = device.claimed_class;
  body["last_health"] = time_json(device.last_health);
  body["audit_witness"] = witness_json(device);
  Json models = Json::array();
  for (const auto& [name, model] : device.models) {
    Json entry = device_model_json(model);
    entry["model"] = name;
    const auto health = device.health.find(name);
    entry["health"] = health == device.health.end() ? Json() : health_json(health->second);
    models.push_back(std::move(entry));
  }
  body["models"] = std::move(models);
  return body;
}

Json version_summary_json(const ModelVersion& version) {
  Json classes = Json::array();
  for (const Variant& variant : version.variants) classes.push_back(variant.hardware_class);
  return {{"model", version.model},
          {"version", version.version},
          {"label", version.label},
          {"created", time_json(version.created)},
          {"created_by", version.created_by},
          {"hardware_classes", std::move(classes)},
          {"pinned", version.pinned},
          {"deleted", is_deleted(version) ? time_json(version.deleted) : Json()},
          {"lineage", lineage_json(version.lineage)}};
}

Json version_json(const ModelVersion& version) {
  Json body = version_summary_json(version);
  body["document"] = version.document;
  body["document_digest"] = digest_json(version.document_digest);
  Json variants = Json::array();
  for (const Variant& variant : version.variants) variants.push_back(variant_json(variant));
  body["variants"] = std::move(variants);
  return body;
}

Json transfer_json(const Transfer& transfer, const std::string& trouble) {
  return {{"id", to_hex(transfer.id).view()},
          {"hardware_class", transfer.hardware_class},
          {"model", transfer.model},
          {"kind", transfer.base_digest.is_none() ? "full" : "delta"},
          {"release_digest", digest_json(transfer.release_digest)},
          {"base_digest", digest_json(transfer.base_digest)},
          {"payload_size", transfer.manifest.payload_size},
          {"chunk_count", transfer.manifest.chunk_count},
          {"message_bytes", transfer.message_bytes},
          {"expires", time_json(transfer.manifest.expires)},
          {"state", state_name(transfer.state)},
          {"trouble", trouble}};
}

Json token_json(const Token& token) {
  const auto pattern = [](const std::string& p) { return p.empty() ? Json(kEvery) : Json(p); };
  Json grants = Json::array();
  for (const Grant& grant : token.grants) {
    grants.push_back({{"role", role_name(grant.role)},
                      {"model", pattern(grant.scope.model)},
                      {"hardware_class", pattern(grant.scope.hardware_class)},
                      {"site", pattern(grant.scope.site)},
                      {"alias", pattern(grant.scope.alias)}});
  }
  return {{"id", token.id},
          {"name", token.name},
          {"identity", token.identity},
          {"grants", std::move(grants)},
          {"created", time_json(token.created)},
          {"expires", time_json(token.expires)},
          {"last_used", time_json(token.last_used)}};
}

Json audit_json(const AuditEntry& entry) {
  return {{"number", entry.number}, {"time", time_json(entry.time)}, {"actor", entry.actor},
          {"action", entry.action}, {"object", entry.object},        {"detail", entry.detail}};
}

Json upload_json(const std::string& id, const UploadProgress& progress) {
  return {{"id", id}, {"size", progress.size}, {"offset", progress.offset}};
}

}  // namespace flotilla::controller::api
