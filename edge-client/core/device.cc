#include "edge-client/core/device.h"

#include <algorithm>
#include <new>

#include "edge-client/core/directive_check.h"
#include "edge-client/core/release_check.h"
#include "schemas/base/assert.h"
#include "schemas/protocol/delta/memory.h"

namespace flotilla::edge {

Device::Device(const DeviceConfig& config, const DevicePorts& ports, MutableBytes chunk_buffer,
               MutableBytes decoder_memory, uint64_t seed)
    : context_{ports, {}, false, decoder_memory, {}, {}, Prng(~seed), config, {}},
      chunk_buffer_(chunk_buffer),
      seed_(seed) {
  FLOTILLA_ASSERT(chunk_buffer.size() >= config.chunk_max + kChunkOverhead);
  FLOTILLA_ASSERT(decoder_memory.size() >= config.decoder_memory_limit);
  FLOTILLA_ASSERT(decoder_memory.size() >= delta::decoder_memory(delta::kSmallProfile));
}

// ---- start

Status Device::adopt_record(const Signed<Keyset>& provisioned) {
  ReportOrder identity;
  TrustedKeys keys;
  const RecordPair::Found found =
      record_.load(context_.ports.journal, purpose(), identity, keys, witness_);
  if (found == RecordPair::Found::kUnreadable) {
    return Status(Code::kUnavailable, "the device record cannot be read");
  }
  const bool stored = found == RecordPair::Found::kValid;
  if (!stored) witness_ = {};
  if (!stored) identity = {seed_ == 0 ? 1 : seed_, 0, 0};
  ++identity.boot_count;
  context_.reports.start(identity, context_.now);
  if (stored) context_.trust.adopt(keys);
  if (!stored || context_.trust.wants(provisioned.value.epoch)) {
    keys = reduced(provisioned.value);
    if (check_self(context_.ports.crypto, keys, provisioned.envelope) == Reason::kNone) {
      context_.trust.adopt(keys);
    } else if (!stored) {
      return Status(Code::kUnauthenticated, "the provisioned keyset is not signed by its roots");
    } else {
      ++context_.counters.keysets_refused;
    }
  }
  return write_record(context_.trust.keys(), witness_);
}

uint32_t Device::purpose() const {
  return DeviceRecord::purpose(context_.config.hardware_class, context_.config.models);
}

TrustedKeys Device::reduced(const Keyset& keyset) const {
  return trusted_keys(keyset, context_.config.models, context_.config.hardware_class);
}

/// Stale keys are kept for no purpose, so that the next start finds them stale as well.
Status Device::write_record(const TrustedKeys& keys, const LogWitness& witness) {
  const uint32_t of = keys.stale ? DeviceRecord::kNoPurpose : purpose();
  return record_.save(context_.ports.journal, of, context_.reports.order(), keys, witness);
}

Status Device::start(const Signed<Keyset>& provisioned, MonoTime now) {
  context_.now = now;
  started_ = false;
  Status outcome = adopt_record(provisioned);
  // Whatever became of the device record: the active models must be found by their runtime.
  for (uint8_t model = 0; model < context_.config.models.size(); ++model) {
    new (&machines_[model]) UpdateMachine;
    const Status status = machines_[model].start(context_, model);
    if (outcome.ok()) outcome = status;
  }
  if (!outcome.ok()) return outcome;
  started_ = true;
  uptime_s_ = 0;
  uptime_at_ = context_.now;
  health_at_ = context_.now + context_.config.health_interval;
  wake();
  return ok_status();
}

bool Device::begin(MonoTime now) {
  if (started_) context_.now = now;
  return started_;
}

// ---- connection

void Device::on_connected(MonoTime now) {
  if (!begin(now)) return;
  context_.connected = true;
  directive_missing_ = false;
  context_.reports.changed(context_.now);
  transfer_.on_connected(context_);
  tick(now);
}

void Device::on_disconnected(MonoTime now) {
  if (!begin(now)) return;
  context_.connected = false;
  wake();
}

// ---- messages

void Device::refuse(uint32_t& counter, Reason reason) {
  ++counter;
  context_.counters.last_refusal = reason;
}

uint8_t Device::find_model(const Name& name) const {
  for (uint8_t i = 0; i < context_.config.models.size(); ++i) {
    if (context_.config.models[i] == name) return i;
  }
  return kNoModel;
}

void Device::on_keyset(const Signed<Keyset>& keyset, MonoTime now) {
  if (!begin(now)) return;
  if (!context_.trust.wants(keyset.value.epoch)) {
    ++context_.counters.ignored;
    return;
  }
  const TrustedKeys keys = reduced(keyset.value);
  const Reason reason =
      check_successor(context_.ports.crypto, context_.trust.keys(), keys, keyset.envelope);
  if (reason != Reason::kNone) return refuse(context_.counters.keysets_refused, reason);
  if (!save_record(keys, witness_)) return;
  context_.trust.adopt(keys);
  directive_missing_ = true;
  wake();
}

void Device::on_directive(const Signed<Directive>& directive, bool personal, MonoTime now) {
  if (!begin(now)) return;
  uint32_t& refused = context_.counters.directives_refused;
  Reason reason = check_directive_signature(context_, directive);
  if (reason != Reason::kNone) return refuse(refused, reason);
  const uint8_t model = find_model(directive.value.model);
  if (model == kNoModel) return refuse(refused, Reason::kManifestMismatch);
  bool repeated = false;
  reason =
      check_directive(context_, directive.value, personal, machines_[model].record(), repeated);
  if (reason != Reason::kNone) return refuse(refused, reason);
  if (repeated) {
    ++context_.counters.ignored;
    return;
  }
  context_.trust.observe(directive.value.issued);
  if (machines_[model].accept(context_, directive.value, personal)) directive_missing_ = false;
  wake();
}

void Device::on_offer(TransferId transfer, const TransferOffer& offer, MonoTime now) {
  if (!begin(now)) return;
  if (!transfer_.expects_offer(transfer)) {
    ++context_.counters.ignored;
    return;
  }
  const uint8_t model = transfer_.model();
  UpdateMachine& machine = machines_[model];
  wake();
  bool final = false;
  const Reason reason = check_offer(context_, model, transfer, offer, machine.record(), final);
  if (reason != Reason::kNone) {
    refuse(context_.counters.offers_refused, reason);
    const bool enough = transfer_.count_refused_offer() >= kMaxRefusedOffers;
    if (final || enough) machine.reject(context_, reason);
    return;
  }
  take_checkpoint(offer);
  const TransferManifest& manifest = offer.transfer.value;
  const Image image = image_of(offer.release.value, manifest.release_digest);
  const ModelRecord& record = machine.record();
  if (record.spare.digest == image.digest) {
    return transfer_.verify(context_, model, record.spare_slot(), image);
  }
  bool resume = false;
  if (!machine.begin(context_, transfer, image, offer.golden, resume)) return;
  transfer_.open(context_, manifest, image, record, resume);
}

bool Device::save_record(const TrustedKeys& keys, const LogWitness& witness) {
  if (write_record(keys, witness).ok()) return true;
  ++context_.counters.journal_errors;
  return false;
}

/// What cannot be remembered was not seen: the next offer shows it again.
void Device::take_checkpoint(const TransferOffer& offer) {
  LogWitness seen = witness_;
  if (!observe(context_.ports.crypto, offer.release.value, offer.growth, seen)) return;
  if (!save_record(context_.trust.keys(), seen)) return;
  witness_ = seen;
  context_.reports.changed(context_.now);
}

void Device::on_chunk(const Chunk& chunk, size_t message_size, MonoTime now) {
  if (!begin(now)) return;
  settle(transfer_.on_chunk(context_, chunk, message_size));
}

void Device::on_malformed_chunk(size_t message_size, MonoTime now) {
  if (!begin(now)) return;
  settle(transfer_.on_malformed_chunk(context_, message_size));
}

void Device::on_acknowledgement(const Acknowledgement& ack, MonoTime now) {
  if (!begin(now)) return;
  context_.reports.on_acknowledged(ack.order);
  reconnect_window_s_ = ack.reconnect_window_s;
  for (const AcknowledgedDirective& directive : ack.directives) {
    const uint8_t model = find_model(directive.model);
    if (model == kNoModel) continue;
    if (directive.newest > machines_[model].record().newest()) directive_missing_ = true;
  }
  wake();
}

void Device::on_self_test(uint8_t model, SelfTestOutcome outcome, std::string_view output,
                          MonoTime now) {
  if (!begin(now) || model >= context_.config.models.size()) return;
  machines_[model].on_self_test(context_, outcome, output);
  wake();
}

// ---- the transfer and whose turn it is

void Device::settle(TransferEvent event) {
  progress_moved_ = true;
  wake();
  if (event == TransferEvent::kNone) return;
  UpdateMachine& machine = machines_[transfer_.model()];
  transfer_.stop(context_);
  if (event == TransferEvent::kVerified) {
    machine.on_verified(context_, transfer_.image());
  } else {
    machine.on_transfer_failed(context_, transfer_.failure());
  }
}

bool Device::another_waits() const {
  for (uint8_t model = 0; model < context_.config.models.size(); ++model) {
    if (model != transfer_.model() && machines_[model].wanted(context_) != Want{}) return true;
  }
  return false;
}

/// False, and the transfer stops, when its model wants something else now, or nothing
/// comes and another model waits.
bool Device::keep_transfer() {
  const uint8_t model = transfer_.model();
  const bool yields = transfer_.stalled() && another_waits();
  if (machines_[model].wanted(context_) == transfer_want_ && !yields) return true;
  transfer_.stop(context_);
  if (yields) next_model_ = static_cast<uint8_t>(model + 1);
  return false;
}

void Device::schedule() {
  if (transfer_.active() && keep_transfer()) return;
  const size_t count = context_.config.models.size();
  for (size_t i = 0; i < count; ++i) {
    const uint8_t model = static_cast<uint8_t>((next_model_ + i) % count);
    const Want want = machines_[model].wanted(context_);
    if (want == Want{}) continue;
    next_model_ = model;
    return start_transfer(model, want);
  }
}

void Device::start_transfer(uint8_t model, const Want& want) {
  UpdateMachine& machine = machines_[model];
  const ModelRecord& record = machine.record();
  transfer_want_ = want;
  if (want.kind == Want::Kind::kTransfer) {
    transfer_.ask(context_, model, want.transfer, machine.progress());
  } else {
    const bool spare = want.kind == Want::Kind::kVerifySpare;
    transfer_.verify(context_, model, record.spare_slot(), spare ? record.spare : record.target);
  }
}

void Device::work(MonoTime now) {
  if (!has_work()) return;
  context_.now = now;
  const bool moved = progress_moved_;
  settle(transfer_.work(context_));
  progress_moved_ = moved;
}

// ---- time

void Device::tick(MonoTime now) {
  if (!begin(now)) return;
  wake_at_ = kNever;
  const uint64_t before = context_.reports.order().seq;
  for (uint8_t model = 0; model < context_.config.models.size(); ++model) {
    machines_[model].tick(context_);
  }
  // A state that was entered may be left at once.
  if (context_.reports.order().seq != before) wake();
  schedule();
  transfer_.tick(context_);
  report();
}

MonoTime Device::next_deadline() const {
  if (!started_) return kNever;
  MonoTime next = earlier(wake_at_, transfer_.next_deadline(context_));
  for (uint8_t model = 0; model < context_.config.models.size(); ++model) {
    next = earlier(next, machines_[model].next_deadline());
  }
  if (!context_.connected) return next;
  return earlier(earlier(next, context_.reports.due_at()), health_at_);
}

// ---- reports

void Device::report() {
  if (!context_.connected) return;
  if (context_.now >= health_at_) {
    health_at_ = context_.now + context_.config.health_interval;
    if (progress_moved_) context_.reports.changed(context_.now);
    send_health();
  }
  if (context_.now >= context_.reports.due_at()) send_state();
}

void Device::send_state() {
  if (progress_moved_) context_.reports.renew();
  progress_moved_ = false;
  const DeviceConfig& config = context_.config;
  uint8_t attestations[kMaxModels][kMaxAttestation];
  StateReport report;
  report.device = config.device;
  report.hardware_class = config.hardware_class;
  report.order = context_.reports.order();
  report.software = config.software;
  report.witness = witness_.standing;
  report.checkpoint = witness_.head;
  report.conflict = witness_.conflict;
  for (size_t model = 0; model < config.models.size(); ++model) {
    ModelState* state = report.models.append();
    if (state == nullptr) break;
    machines_[model].describe(context_, *state);
    Attestation attestation;
    if (!machines_[model].outcome(context_, attestation)) continue;
    const Result<size_t> size = context_.ports.outbox.attest(attestation, attestations[model]);
    if (!size.ok()) continue;  // the report is still the truth, only less well proven
    state->attestation = {attestations[model], size.value()};
  }
  const bool accepted = context_.ports.outbox.send_state(report).ok();
  context_.reports.attempted(accepted, config, context_.random, context_.now);
}

void Device::send_health() {
  HealthReport report;
  report.device = context_.config.device;
  report.order = context_.reports.order();
  // Counted in steps: small processors have no division of 64 bits.
  const uint32_t passed_s = static_cast<uint32_t>((context_.now - uptime_at_).ms) / 1000;
  uptime_s_ += passed_s;
  uptime_at_ = uptime_at_ + seconds(passed_s);
  report.uptime_s = uptime_s_;
  for (uint8_t model = 0; model < context_.config.models.size(); ++model) {
    const HealthSample sample = context_.ports.runtime.health(model);
    if (!sample.present) continue;
    ModelHealth* health = report.models.append();
    if (health == nullptr) break;
    health->model = context_.config.models[model];
    health->loaded_digest = sample.loaded_digest;
    health->healthy = sample.healthy;
    health->inferences = sample.inferences;
    health->failures = sample.failures;
    health->latency_p50_us = sample.latency_p50_us;
    health->latency_p99_us = sample.latency_p99_us;
  }
  (void)context_.ports.outbox.send_health(report);  // the next one replaces it
}

}  // namespace flotilla::edge
