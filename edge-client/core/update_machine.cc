#include "edge-client/core/update_machine.h"

#include <algorithm>
#include <new>

#include "edge-client/core/directive_check.h"
#include "edge-client/core/revocation.h"

namespace flotilla::edge {

UpdateMachine::UpdateMachine() = default;

// ---- durable state

Status UpdateMachine::save(Context& context) {
  const Status status =
      boot_.save(context.ports.journal, model_, context.config.models[model_], record_);
  if (!status.ok()) ++context.counters.journal_errors;
  save_due_ = false;
  return status;
}

/// For what has been decided already and only has to be remembered: never before a step that
/// depends on it.
void UpdateMachine::save_later(Context& context) {
  if (save(context).ok()) return;
  save_due_ = true;
  retry_at_ = context.now + kRetry;
}

void UpdateMachine::retry(Context& context) {
  retry_at_ = kNever;
  if (save_due_) save_later(context);
  if (activation_due_) activate(context, true);
}

void UpdateMachine::enter(Context& context, UpdateState state) {
  record_.state = state;
  self_test_ = SelfTest::kNotStarted;
  poll_at_ = kNever;
  context.reports.changed(context.now);
}

void UpdateMachine::finish(Context& context, UpdateState state, Reason reason) {
  const bool complete =
      record_.state == UpdateState::kStaged || record_.state == UpdateState::kTrial;
  if (complete) record_.spare = record_.target;
  enter(context, state);
  record_.reason = reason;
  record_.settled = reason != Reason::kSuperseded;
  record_.measured = record_.active.digest;
  record_.order = context.reports.order();
  save_later(context);
}

Status UpdateMachine::start(Context& context, uint8_t model) {
  model_ = model;
  switch (boot_.load(context.ports.journal, model, context.config.models[model], record_)) {
    case RecordPair::Found::kForeign:
      return Status(Code::kFailedPrecondition, "the journal belongs to another model");
    case RecordPair::Found::kUnreadable:
      return Status(Code::kUnavailable, "the boot record cannot be read");
    case RecordPair::Found::kDamaged:
      // Nobody knows which slot is in use: the application keeps it, and nothing may be written.
      new (&record_) ModelRecord;
      record_lost_ = true;
      record_.reason = Reason::kStorageError;
      return ok_status();
    case RecordPair::Found::kBlank:
      return ok_status();
    case RecordPair::Found::kValid:
      resume(context);
      return ok_status();
  }
  return ok_status();
}

void UpdateMachine::resume(Context& context) {
  if (record_.newest().epoch == context.trust.keys().epoch) {
    context.trust.observe(record_.signed_time);
  }
  if (record_.state != UpdateState::kTransferring) draw_start(context);
  if (record_.state == UpdateState::kTrial) return resume_trial(context);
  const HealthSample sample = context.ports.runtime.health(model_);
  const bool other = sample.present && sample.loaded_digest != record_.active.digest;
  activate(context, other);
}

/// Makes the runtime agree with the record. Until it does, nothing new begins.
void UpdateMachine::activate(Context& context, bool reload) {
  activation_due_ = !load(context, record_.active_slot, record_.active, reload);
  if (activation_due_) retry_at_ = context.now + kRetry;
}

bool UpdateMachine::load(Context& context, Slot slot, const Image& image, bool reload) {
  ModelRuntime& runtime = context.ports.runtime;
  return runtime.activate(model_, slot, image.digest).ok() &&
         (!reload || runtime.reload(model_).ok());
}

// ---- intent

bool UpdateMachine::accept(Context& context, const Directive& directive, bool personal) {
  if (record_lost_) return false;
  const ModelRecord before = record_;
  const DirectivePosition position{directive.epoch, directive.seq};
  (personal ? record_.personal_position : record_.class_position) = position;
  record_.signed_time = context.trust.now();
  const MonoTime start_before = start_at_;
  const bool waiting_before = waiting_;
  mark_revoked(directive.revoked, record_);
  adopt_intent(context, directive, personal);
  if (save(context).ok()) {
    context.reports.changed(context.now);
    return true;
  }
  record_ = before;
  start_at_ = start_before;
  waiting_ = waiting_before;
  return false;
}

/// A personal directive wins over the class's for its rollout and for older ones, and allows one
/// more try at what has failed.
void UpdateMachine::adopt_intent(Context& context, const Directive& directive, bool personal) {
  Intent& held = record_.intent;
  if (!personal && held.personal && directive.rollout <= held.rollout) {
    if (directive.floor != 0) held.floor = directive.floor;
    if (names_intent(directive.revoked, record_)) held.revoked = true;
    raise_floor();
    return;
  }
  const Intent before = held;
  renew_intent(context, directive, personal, record_);
  const bool same = held.rollout == before.rollout && held.release == before.release &&
                    held.verb == before.verb && held.applies == before.applies;
  if (!same) held.delta_failed = false;
  raise_floor();
  if (!same) draw_start(context);
  if (personal) record_.settled = false;
  if (record_.state != UpdateState::kTransferring && record_.state != UpdateState::kStaged) return;
  if (!is_allowed(context)) return;
  record_.rollout = held.rollout;
  const bool offered = record_.transfer == held.full || record_.transfer == held.from_active;
  if (!offered && choice() != 0) record_.transfer = choice();
}

void UpdateMachine::draw_start(Context& context) {
  constexpr uint32_t kMaxWindow = 30 * 24 * 3600;
  const uint32_t window_s = std::min(record_.intent.start_window_s, kMaxWindow);
  start_at_ = context.now + milliseconds(context.random.below(window_s * 1000));
  waiting_ = start_at_ > context.now;
}

void UpdateMachine::raise_floor() {
  if (!record_.active.exists()) return;
  const uint32_t reached = std::min(record_.intent.floor, record_.active.security_counter);
  record_.floor = std::max(record_.floor, reached);
}

/// The intent was given under the keyset in force: a new keyset stops what an old key has ordered
/// until the order is repeated.
bool UpdateMachine::is_asked(const Context& context) const {
  const Intent& intent = record_.intent;
  return intent.verb != Verb::kHold && intent.applies && intent.epoch == context.trust.keys().epoch;
}

/// Nobody can order what is revoked.
bool UpdateMachine::is_ordered(const Context& context) const {
  return is_asked(context) && !record_.intent.revoked;
}

bool UpdateMachine::has_ended() const {
  return record_.settled && record_.rollout == record_.intent.rollout && names_target();
}

bool UpdateMachine::names_target() const {
  return record_.intent.release == record_.target.release;
}

bool UpdateMachine::is_allowed(const Context& context) const {
  return is_ordered(context) && names_target();
}

bool UpdateMachine::is_superseded() const {
  const Intent& intent = record_.intent;
  if (intent.verb == Verb::kHold || intent.revoked) return false;
  return intent.applies ? !names_target() : intent.rollout != record_.rollout;
}

bool UpdateMachine::may_start(const Context& context) const {
  const Intent& intent = record_.intent;
  if (!is_ordered(context) || activation_due_ || waiting_) return false;
  if (intent.image == record_.active.digest) return false;
  const WallTime time = context.trust.now();
  return !has_ended() && intent.not_before <= time && intent.expires > time;
}

bool UpdateMachine::spare_fits() const {
  const Image& spare = record_.spare;
  return spare.digest == record_.intent.image && !spare.revoked &&
         spare.release == record_.intent.release && spare.security_counter >= record_.floor;
}

TransferId UpdateMachine::choice() const {
  const Intent& intent = record_.intent;
  return intent.from_active != 0 && !intent.delta_failed ? intent.from_active : intent.full;
}

Want UpdateMachine::wanted(const Context& context) const {
  switch (record_.state) {
    case UpdateState::kTrial:
      return {};
    case UpdateState::kStaged:
      if (measured_ || !is_allowed(context)) return {};
      return {Want::Kind::kVerifyTarget, 0};
    case UpdateState::kTransferring:
      if (waiting_ || !is_allowed(context)) return {};
      return {Want::Kind::kTransfer, record_.transfer};
    case UpdateState::kIdle:
    case UpdateState::kConfirmed:
    case UpdateState::kReverted:
    case UpdateState::kRejected:
    case UpdateState::kFailed:
      break;
  }
  if (!may_start(context)) return {};
  if (spare_fits()) return {Want::Kind::kVerifySpare, 0};
  if (choice() == 0) return {};
  return {Want::Kind::kTransfer, choice()};
}

// ---- transfer

/// Begins the assignment that the intent asks for.
void UpdateMachine::take_up(const Image& image) {
  record_.rollout = record_.intent.rollout;
  record_.target = image;
  record_.reason = Reason::kNone;
  record_.detail.clear();
}

void UpdateMachine::reject(Context& context, Reason reason) {
  if (record_.state == UpdateState::kTransferring) {
    return finish(context, UpdateState::kFailed, reason);
  }
  take_up({});
  record_.target.digest = record_.intent.image;
  record_.target.release = record_.intent.release;
  record_.target.revoked = record_.intent.revoked;
  finish(context, UpdateState::kRejected, reason);
}

bool UpdateMachine::begin(Context& context, TransferId transfer, const Image& image, Bytes golden,
                          bool& resume) {
  if (is_revoked(record_, image.digest)) return false;  // the next tick says so
  const Image old_spare = record_.spare;
  const bool same = record_.state == UpdateState::kTransferring && record_.transfer == transfer &&
                    record_.target.release == image.release;
  if (!same) {
    if (record_.rollout != record_.intent.rollout) progress_ = {};
    take_up(image);
    record_.transfer = transfer;
  }
  // The record must say that the spare image is gone before its first byte is.
  record_.spare = {};
  enter(context, UpdateState::kTransferring);
  if (!same && !save(context).ok()) {
    finish(context, UpdateState::kFailed, Reason::kStorageError);
    return false;
  }
  if (!image.golden.is_none() &&
      !context.ports.runtime.store_golden(model_, image.golden, golden).ok()) {
    finish(context, UpdateState::kFailed, Reason::kStorageError);
    return false;
  }
  resume = same && context.ports.storage.can_resume(model_, record_.spare_slot(), image.size);
  return resume || prepare_slot(context, old_spare);
}

bool UpdateMachine::prepare_slot(Context& context, const Image& old_spare) {
  ProgressLog log;
  Status status = log.clear(context.ports.journal, model_);
  if (status.ok()) {
    status = context.ports.storage.begin(model_, record_.spare_slot(), record_.target.size);
  }
  if (status.ok()) return true;
  if (status.code() == Code::kResourceExhausted) {
    record_.spare = old_spare;  // nothing was touched
    finish(context, UpdateState::kRejected, Reason::kStorageFull);
  } else {
    finish(context, UpdateState::kFailed, Reason::kStorageError);
  }
  return false;
}

void UpdateMachine::on_verified(Context& context, const Image& image) {
  measured_ = true;
  if (record_.state == UpdateState::kStaged || is_revoked(record_, image.digest)) return;
  take_up(image);
  record_.spare = {};
  enter(context, UpdateState::kStaged);
  if (save(context).ok()) return;
  finish(context, UpdateState::kFailed, Reason::kStorageError);
}

/// The delta led elsewhere; once, the full payload may do better.
bool UpdateMachine::fall_back(Context& context, Reason reason) {
  Intent& intent = record_.intent;
  const bool possible = reason == Reason::kDigestMismatch && intent.full != 0 &&
                        record_.transfer != intent.full && !intent.delta_failed;
  if (!possible) return false;
  intent.delta_failed = true;
  record_.transfer = intent.full;
  context.reports.changed(context.now);
  return save(context).ok();
}

void UpdateMachine::on_transfer_failed(Context& context, Reason reason) {
  if (record_.state == UpdateState::kTransferring) {
    if (!fall_back(context, reason)) {
      finish(context, UpdateState::kFailed, reason);
    }
  } else if (record_.state == UpdateState::kStaged) {
    record_.state = UpdateState::kTransferring;  // the slot does not hold the image after all
    finish(context, UpdateState::kFailed, reason);
  } else {
    record_.spare = {};
    save_later(context);
    context.reports.changed(context.now);
  }
}

// ---- time

void UpdateMachine::tick(Context& context) {
  if (context.now >= retry_at_) retry(context);
  if (waiting_ && context.now >= start_at_) waiting_ = false;
  if (record_.active.revoked) go_back(context);
  switch (record_.state) {
    case UpdateState::kTrial:
      return tick_trial(context);
    case UpdateState::kTransferring:
    case UpdateState::kStaged:
      if (record_.target.revoked) return finish(context, UpdateState::kFailed, Reason::kRevoked);
      if (is_superseded()) {
        return finish(context, UpdateState::kFailed, Reason::kSuperseded);
      }
      if (record_.state == UpdateState::kStaged) tick_staged(context);
      return;
    case UpdateState::kIdle:
    case UpdateState::kConfirmed:
    case UpdateState::kReverted:
    case UpdateState::kRejected:
    case UpdateState::kFailed:
      return tick_idle(context);
  }
}

MonoTime UpdateMachine::next_deadline() const {
  const MonoTime start = waiting_ ? start_at_ : kNever;
  return earlier(earlier(retry_at_, poll_at_), start);
}

/// The active image was revoked and nobody orders another: the one in the spare slot is ordered in
/// its place. Follows from the record, so a restart finds it again.
void UpdateMachine::go_back(Context& context) {
  if (is_ordered(context)) return;
  const bool on_the_way = record_.state == UpdateState::kStaged && record_.rollout == 0;
  const bool pending = record_.state == UpdateState::kTransferring ||
                       record_.state == UpdateState::kStaged ||
                       record_.state == UpdateState::kTrial;
  if (pending ? !on_the_way || record_.target.revoked : !has_way_back(record_)) return;
  const Image& image = on_the_way ? record_.target : record_.spare;
  record_.intent = own_way_back(record_.intent, image, context.trust.keys().epoch);
  draw_start(context);
}

void UpdateMachine::tick_idle(Context& context) {
  const Intent& intent = record_.intent;
  if (!is_ordered(context)) {
    const bool refused = is_asked(context) && intent.image != record_.active.digest;
    if (refused && !has_ended()) reject(context, Reason::kRevoked);
    return;
  }
  if (intent.image == record_.active.digest) {
    const bool said = record_.state == UpdateState::kConfirmed &&
                      record_.rollout == intent.rollout && names_target();
    if (said) return;
    take_up(record_.active);
    record_.target.release = intent.release;
    finish(context, UpdateState::kConfirmed, Reason::kNone);
  } else if (may_start(context) && !spare_fits() && choice() == 0) {
    reject(context, is_own(intent) ? Reason::kRevoked : Reason::kNoOffer);
  }
}

void UpdateMachine::tick_staged(Context& context) {
  if (self_test_ == SelfTest::kRunning) {
    if (context.now >= poll_at_) {
      finish(context, UpdateState::kFailed, Reason::kSelfTestTimeout);
    }
    return;
  }
  if (!is_allowed(context) || !measured_) return;
  if (self_test_ == SelfTest::kPassed) return start_trial(context);
  start_self_test(context);
}

void UpdateMachine::start_self_test(Context& context) {
  // Set before the call, since the answer may come within it.
  self_test_ = SelfTest::kRunning;
  poll_at_ = context.now + context.config.self_test_limit;
  const Image& image = record_.target;
  const Status status = context.ports.runtime.start_self_test(model_, record_.spare_slot(),
                                                              image.digest, image.golden);
  if (status.ok()) return;
  finish(context, UpdateState::kFailed, Reason::kSelfTestError);
}

void UpdateMachine::on_self_test(Context& context, SelfTestOutcome outcome,
                                 std::string_view output) {
  if (record_.state != UpdateState::kStaged || self_test_ != SelfTest::kRunning) return;
  Reason reason = Reason::kNone;
  switch (outcome) {
    case SelfTestOutcome::kPassed:
      self_test_ = SelfTest::kPassed;
      poll_at_ = kNever;
      return;
    case SelfTestOutcome::kFailed:
      reason = Reason::kSelfTestFailed;
      break;
    case SelfTestOutcome::kTimeout:
      reason = Reason::kSelfTestTimeout;
      break;
    case SelfTestOutcome::kError:
      reason = Reason::kSelfTestError;
      break;
  }
  const size_t kept = std::min(output.size(), StoredDetail::capacity());
  (void)record_.detail.assign({output.data(), kept});
  finish(context, UpdateState::kFailed, reason);
}

// ---- trial

void UpdateMachine::start_trial(Context& context) {
  record_.attempts_left = std::max<uint8_t>(record_.intent.trial_attempts, 1);
  record_.healthy_for_s = record_.intent.healthy_for_s;
  record_.trial_deadline_s = record_.intent.trial_deadline_s;
  enter(context, UpdateState::kTrial);
  // Without this record a restart would not know that the image is on probation.
  if (!save(context).ok()) {
    return finish(context, UpdateState::kFailed, Reason::kStorageError);
  }
  enter_trial(context);
}

void UpdateMachine::resume_trial(Context& context) {
  if (record_.target.revoked) return revert(context, Reason::kRevoked);
  if (record_.attempts_left == 0) return revert(context, Reason::kAttemptsExhausted);
  --record_.attempts_left;
  // An attempt that cannot be counted could be repeated for ever.
  if (!save(context).ok()) return revert(context, Reason::kStorageError);
  enter_trial(context);
}

void UpdateMachine::enter_trial(Context& context) {
  if (!load(context, record_.spare_slot(), record_.target, true)) {
    return revert(context, Reason::kActivationFailed);
  }
  trial_.start();
  poll_at_ = context.now + TrialMonitor::kPoll;
}

TrialTerms UpdateMachine::terms() const {
  return {record_.target.digest, record_.healthy_for_s, record_.trial_deadline_s};
}

void UpdateMachine::tick_trial(Context& context) {
  const Intent& intent = record_.intent;
  const bool ordered_back =
      intent.verb == Verb::kRollback && is_ordered(context) && !names_target();
  if (record_.target.revoked) return revert(context, Reason::kRevoked);
  if (ordered_back) return revert(context, Reason::kOrdered);
  if (context.now < poll_at_) return;
  poll_at_ = context.now + TrialMonitor::kPoll;
  Reason reason = Reason::kNone;
  const HealthSample sample = context.ports.runtime.health(model_);
  switch (trial_.observe(sample, terms(), reason)) {
    case TrialVerdict::kWait:
      return;
    case TrialVerdict::kConfirm:
      return confirm(context, sample.engine_digest);
    case TrialVerdict::kRevert:
      return revert(context, reason);
  }
}

void UpdateMachine::confirm(Context& context, const Digest& engine) {
  const ModelRecord before = record_;
  const Slot target = record_.spare_slot();
  record_.spare = record_.active;
  record_.active = record_.target;
  record_.active_slot = target;
  record_.intent.from_active = record_.intent.from_trial;
  record_.intent.from_trial = 0;
  raise_floor();
  record_.state = UpdateState::kConfirmed;
  record_.reason = Reason::kNone;
  record_.settled = true;
  record_.measured = record_.active.digest;
  record_.engine = engine;
  record_.order = context.reports.changed(context.now);
  if (save(context).ok()) {
    poll_at_ = kNever;
    return;
  }
  // Not remembered is not confirmed: try again at the next sample, until the deadline.
  record_ = before;
  if (trial_.is_over(terms())) revert(context, Reason::kStorageError);
}

/// Decided durably first; a restart in between finds the old image recorded as active and makes
/// the runtime agree.
void UpdateMachine::revert(Context& context, Reason reason) {
  record_.intent.from_trial = 0;
  finish(context, UpdateState::kReverted, reason);
  activate(context, true);
}

// ---- truth

void UpdateMachine::describe(const Context& context, ModelState& out) const {
  out.model = context.config.models[model_];
  out.slot_size = context.ports.storage.geometry(model_).size;
  out.active_digest = record_.active.digest;
  out.active_version = record_.active.version;
  out.spare_digest = record_.spare.digest;
  out.floor = record_.floor;
  out.state = record_.state;
  const bool runs_revoked = record_.active.revoked && record_.state != UpdateState::kTrial;
  const bool says_nothing = record_.reason == Reason::kNone;
  out.reason = runs_revoked && says_nothing ? Reason::kRevoked : record_.reason;
  (void)out.detail.assign(record_.detail.view());
  out.rollout = record_.rollout;
  out.directive = record_.newest();
  out.transfer = progress_.transfer;
  out.chunks_done = progress_.chunks_done;
  out.chunks_total = progress_.chunks_total;
  out.chunks_refused = progress_.chunks_refused;
  out.bytes_received = progress_.bytes_received;
}

bool UpdateMachine::outcome(const Context& context, Attestation& out) const {
  const bool decided =
      record_.state == UpdateState::kConfirmed || record_.state == UpdateState::kReverted;
  if (!decided) return false;
  out.device = context.config.device;
  out.model = context.config.models[model_];
  out.rollout = record_.rollout;
  out.outcome = record_.state;
  out.release_digest = record_.target.release;
  out.measured_digest = record_.measured;
  if (record_.state == UpdateState::kConfirmed) {
    out.golden_digest = record_.target.golden;
    out.engine_digest = record_.engine;
  }
  out.order = record_.order;
  return true;
}

}  // namespace flotilla::edge
