#include "generated/ack_generated.h"
#include "generated/chunk_generated.h"
#include "generated/health_generated.h"
#include "generated/state_generated.h"
#include "schemas/wire/check.h"
#include "schemas/wire/message_reader.h"
#include "schemas/wire/wire.h"

namespace flotilla::wire {
namespace {

static_assert(static_cast<int>(fb::Reason::MAX) == static_cast<int>(kLastReason));
static_assert(static_cast<int>(fb::Witness::MAX) == static_cast<int>(Witness::kSplit));

/// Text from a device's hooks, for people: what is not printable ASCII becomes '?'.
Status read_detail(const flatbuffers::String* field, FixedString<kMaxReasonText>& out) {
  if (text_of(field).size() > kMaxReasonText)
    return Status(Code::kOutOfRange, "a text exceeds its limit");
  for (char c : text_of(field)) {
    const char shown = c >= 0x20 && c <= 0x7E ? c : '?';
    FLOTILLA_ASSERT(out.append({&shown, 1}));
  }
  return ok_status();
}

void read_numbers(const fb::ModelState& row, ModelState& out) {
  out.slot_size = row.slot_size();
  out.active_version = row.active_version();
  out.floor = row.floor();
  out.state = static_cast<UpdateState>(row.state());
  out.reason = static_cast<Reason>(row.reason());
  out.rollout = row.rollout();
  out.directive = {row.directive_epoch(), row.directive_seq()};
  out.transfer = row.transfer();
  out.chunks_done = row.chunks_done();
  out.chunks_total = row.chunks_total();
  out.bytes_received = row.bytes_received();
  out.chunks_refused = row.chunks_refused();
}

Status read_model(const fb::ModelState& row, StateReport& out) {
  ModelState model;
  FLOTILLA_TRY(read_text(row.model(), model.model));
  FLOTILLA_TRY(read_detail(row.detail(), model.detail));
  read_numbers(row, model);
  model.active_digest = digest_of(row.active_digest());
  model.spare_digest = digest_of(row.spare_digest());
  model.attestation = bytes_of(row.attestation());
  FLOTILLA_ASSERT(out.models.push_back(model));
  return ok_status();
}

LogHead read_head(const fb::LogHead* head) {
  if (head == nullptr) return {};
  return {head->size(), digest_of(head->root())};
}

Status read_health(const fb::ModelHealth& row, HealthReport& out) {
  ModelHealth model;
  FLOTILLA_TRY(read_text(row.model(), model.model));
  model.loaded_digest = digest_of(row.loaded_digest());
  model.healthy = row.healthy();
  model.inferences = row.inferences();
  model.failures = row.failures();
  model.latency_p50_us = row.latency_p50_us();
  model.latency_p99_us = row.latency_p99_us();
  FLOTILLA_ASSERT(out.models.push_back(model));
  return ok_status();
}

Status read_directive(const fb::AcknowledgedDirective& row, Acknowledgement& out) {
  AcknowledgedDirective directive;
  FLOTILLA_TRY(read_text(row.model(), directive.model));
  directive.newest = {row.epoch(), row.seq()};
  FLOTILLA_ASSERT(out.directives.push_back(directive));
  return ok_status();
}

}  // namespace

Result<Chunk> decode_chunk(Bytes bytes) {
  const Shape shape{fb::ChunkIdentifier(), kChunkMaxLimit + kChunkOverhead, 1};
  const Result<const fb::Chunk*> root = open<fb::Chunk>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const fb::Chunk& table = *root.value();
  Chunk out;
  out.transfer = table.transfer();
  out.index = table.index();
  out.output_offset = table.output_offset();
  out.output_length = table.output_length();
  out.path = bytes_of(table.path());
  out.payload = bytes_of(table.payload());
  FLOTILLA_TRY(check(out));
  return out;
}

Result<StateReport> decode_state_report(Bytes bytes) {
  const Shape shape{fb::StateReportIdentifier(), kMaxStateReport, 4 + kMaxReportedModels};
  const Result<const fb::StateReport*> root = open<fb::StateReport>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const fb::StateReport& table = *root.value();
  StateReport out;
  FLOTILLA_TRY(read_text(table.device(), out.device));
  FLOTILLA_TRY(read_text(table.hardware_class(), out.hardware_class));
  FLOTILLA_TRY(read_text(table.software(), out.software));
  out.order = {table.incarnation(), table.boot_count(), table.seq()};
  out.checkpoint = read_head(table.checkpoint());
  out.conflict = read_head(table.conflict());
  if (table.checkpoint() != nullptr)
    out.witness = static_cast<Witness>(table.checkpoint()->witness());
  FLOTILLA_TRY(read_rows(table.models(), kMaxReportedModels,
                         [&](const fb::ModelState& row) { return read_model(row, out); }));
  FLOTILLA_TRY(check(out));
  return out;
}

Result<HealthReport> decode_health_report(Bytes bytes) {
  const Shape shape{fb::HealthReportIdentifier(), kMaxHealthReport, 2 + kMaxReportedModels};
  const Result<const fb::HealthReport*> root = open<fb::HealthReport>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const fb::HealthReport& table = *root.value();
  HealthReport out;
  FLOTILLA_TRY(read_text(table.device(), out.device));
  out.order = {table.incarnation(), table.boot_count(), table.seq()};
  out.uptime_s = table.uptime_s();
  FLOTILLA_TRY(read_rows(table.models(), kMaxReportedModels,
                         [&](const fb::ModelHealth& row) { return read_health(row, out); }));
  FLOTILLA_TRY(check(out));
  return out;
}

Result<Acknowledgement> decode_acknowledgement(Bytes bytes) {
  const Shape shape{fb::AcknowledgementIdentifier(), kMaxAcknowledgement, 2 + kMaxReportedModels};
  const Result<const fb::Acknowledgement*> root = open<fb::Acknowledgement>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const fb::Acknowledgement& table = *root.value();
  Acknowledgement out;
  out.order = {table.incarnation(), table.boot_count(), table.seq()};
  out.reconnect_window_s = table.reconnect_window_s();
  FLOTILLA_TRY(
      read_rows(table.directives(), kMaxReportedModels,
                [&](const fb::AcknowledgedDirective& row) { return read_directive(row, out); }));
  FLOTILLA_TRY(check(out));
  return out;
}

}  // namespace flotilla::wire
