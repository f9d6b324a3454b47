#include "generated/ack_generated.h"
#include "generated/health_generated.h"
#include "generated/state_generated.h"
#include "schemas/wire/check.h"
#include "schemas/wire/message_builder.h"
#include "schemas/wire/wire.h"

namespace flotilla::wire {
namespace {

using flatbuffers::Offset;

Bound bound_of(const StateReport& value) {
  Bound bound = Bound().table(9).table(3, 1).table(3, 1).vector(value.models.size());
  bound.text(value.device.view()).text(value.hardware_class.view()).text(value.software.view());
  for (const ModelState& model : value.models) {
    bound.table(18, 2).text(model.model.view()).text(model.detail.view()).bytes(model.attestation);
  }
  return bound;
}

void add_progress(fb::ModelStateBuilder& table, const ModelState& model) {
  table.add_chunks_done(model.chunks_done);
  table.add_chunks_total(model.chunks_total);
  table.add_chunks_refused(model.chunks_refused);
  table.add_directive_epoch(model.directive.epoch);
  table.add_rollout(model.rollout);
  table.add_floor(model.floor);
  table.add_active_version(model.active_version);
}

Offset<fb::ModelState> build(MessageBuilder& message, const ModelState& model) {
  const BytesOffset attestation = message.bytes(model.attestation, 8);
  const TextOffset detail = message.text(model.detail.view());
  const TextOffset name = message.text(model.model.view());
  const DigestField active(model.active_digest), spare(model.spare_digest);
  fb::ModelStateBuilder table(message.fbb());
  table.add_bytes_received(model.bytes_received);
  table.add_transfer(model.transfer);
  table.add_directive_seq(model.directive.seq);
  table.add_slot_size(model.slot_size);
  table.add_spare_digest(spare.get());
  table.add_active_digest(active.get());
  table.add_attestation(attestation);
  table.add_detail(detail);
  table.add_model(name);
  add_progress(table, model);
  table.add_reason(static_cast<fb::Reason>(model.reason));
  table.add_state(static_cast<fb::UpdateState>(model.state));
  return table.Finish();
}

/// Null, and so absent, when there is none.
Offset<fb::LogHead> build(MessageBuilder& message, const LogHead& head, Witness witness) {
  if (head.size == 0) return {};
  const DigestField root(head.root);
  fb::LogHeadBuilder table(message.fbb());
  table.add_size(head.size);
  table.add_root(root.get());
  table.add_witness(static_cast<fb::Witness>(witness));
  return table.Finish();
}

Offset<fb::ModelHealth> build(MessageBuilder& message, const ModelHealth& model) {
  const TextOffset name = message.text(model.model.view());
  const DigestField loaded(model.loaded_digest);
  fb::ModelHealthBuilder table(message.fbb());
  table.add_failures(model.failures);
  table.add_inferences(model.inferences);
  table.add_loaded_digest(loaded.get());
  table.add_model(name);
  table.add_latency_p50_us(model.latency_p50_us);
  table.add_latency_p99_us(model.latency_p99_us);
  table.add_healthy(model.healthy);
  return table.Finish();
}

Offset<fb::AcknowledgedDirective> build(MessageBuilder& message,
                                        const AcknowledgedDirective& directive) {
  const TextOffset model = message.text(directive.model.view());
  fb::AcknowledgedDirectiveBuilder table(message.fbb());
  table.add_seq(directive.newest.seq);
  table.add_model(model);
  table.add_epoch(directive.newest.epoch);
  return table.Finish();
}

}  // namespace

Result<size_t> Encoder::state_report(const StateReport& value, MutableBytes out) {
  FLOTILLA_TRY(check(value));
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(bound_of(value)));

  Offset<fb::ModelState> rows[kMaxReportedModels];
  size_t count = 0;
  for (const ModelState& model : value.models) rows[count++] = build(message, model);
  const auto models = message.vector(rows, count);
  const Offset<fb::LogHead> conflict = build(message, value.conflict, Witness::kNone);
  const Offset<fb::LogHead> checkpoint = build(message, value.checkpoint, value.witness);
  const TextOffset software = message.text(value.software.view());
  const TextOffset hardware_class = message.text(value.hardware_class.view());
  const TextOffset device = message.text(value.device.view());
  fb::StateReportBuilder table(message.fbb());
  table.add_seq(value.order.seq);
  table.add_incarnation(value.order.incarnation);
  table.add_device(device);
  table.add_hardware_class(hardware_class);
  table.add_software(software);
  table.add_models(models);
  table.add_checkpoint(checkpoint);
  table.add_conflict(conflict);
  table.add_boot_count(value.order.boot_count);
  return message.finish(table.Finish(), fb::StateReportIdentifier(), kMaxStateReport, out);
}

Result<size_t> Encoder::health_report(const HealthReport& value, MutableBytes out) {
  FLOTILLA_TRY(check(value));
  Bound bound = Bound().table(6).text(value.device.view()).vector(value.models.size());
  for (const ModelHealth& model : value.models) bound.table(7, 1).text(model.model.view());
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(bound));

  Offset<fb::ModelHealth> rows[kMaxReportedModels];
  size_t count = 0;
  for (const ModelHealth& model : value.models) rows[count++] = build(message, model);
  const auto models = message.vector(rows, count);
  const TextOffset device = message.text(value.device.view());
  fb::HealthReportBuilder table(message.fbb());
  table.add_uptime_s(value.uptime_s);
  table.add_seq(value.order.seq);
  table.add_incarnation(value.order.incarnation);
  table.add_device(device);
  table.add_models(models);
  table.add_boot_count(value.order.boot_count);
  return message.finish(table.Finish(), fb::HealthReportIdentifier(), kMaxHealthReport, out);
}

Result<size_t> Encoder::acknowledgement(const Acknowledgement& value, MutableBytes out) {
  FLOTILLA_TRY(check(value));
  Bound bound = Bound().table(5).vector(value.directives.size());
  for (const AcknowledgedDirective& row : value.directives) bound.table(3).text(row.model.view());
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(bound));

  Offset<fb::AcknowledgedDirective> rows[kMaxReportedModels];
  size_t count = 0;
  for (const AcknowledgedDirective& row : value.directives) rows[count++] = build(message, row);
  const auto directives = message.vector(rows, count);
  fb::AcknowledgementBuilder table(message.fbb());
  table.add_seq(value.order.seq);
  table.add_incarnation(value.order.incarnation);
  table.add_directives(directives);
  table.add_boot_count(value.order.boot_count);
  table.add_reconnect_window_s(value.reconnect_window_s);
  return message.finish(table.Finish(), fb::AcknowledgementIdentifier(), kMaxAcknowledgement, out);
}

}  // namespace flotilla::wire
