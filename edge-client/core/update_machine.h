#pragma once

#include "edge-client/core/boot_record.h"
#include "edge-client/core/context.h"
#include "edge-client/core/transfer.h"
#include "edge-client/core/trial_monitor.h"

namespace flotilla::edge {

/// What a model would have the transfer do; the device compares it with what the transfer does.
struct Want {
  enum class Kind : uint8_t {
    kNothing,
    kTransfer,      ///< bring the image of `transfer`
    kVerifyTarget,  ///< measure the staged image again
    kVerifySpare,   ///< the spare slot should hold the image already
  };
  Kind kind = Kind::kNothing;
  TransferId transfer = 0;

  bool operator==(const Want&) const = default;
};

/// One model's life between directive and outcome. Level-triggered: the durable record and the
/// newest intent say what to do next, so a restart replays no events. The order of the durable
/// steps is the power-fail safety (docs/spec/journal.md).
class UpdateMachine {
 public:
  UpdateMachine();

  /// Only on a new object. Loads the record, makes sure that the runtime finds the active image,
  /// and counts an interrupted trial's attempt.
  Status start(Context& context, uint8_t model);

  /// A directive that passed every check. False when it could not be stored: it was not accepted.
  bool accept(Context& context, const Directive& directive, bool personal);
  void tick(Context& context);
  MonoTime next_deadline() const;
  void on_self_test(Context& context, SelfTestOutcome outcome, std::string_view output);

  Want wanted(const Context& context) const;
  /// What is wanted cannot be had; nothing was written for it.
  void reject(Context& context, Reason reason);
  /// The offer held: gives up the spare image, durably, and begins the slot. `resume` is set when
  /// an earlier attempt at this transfer may be continued. False: the assignment has ended.
  bool begin(Context& context, TransferId transfer, const Image& image, Bytes golden, bool& resume);
  /// The other slot holds `image`, measured.
  void on_verified(Context& context, const Image& image);
  void on_transfer_failed(Context& context, Reason reason);

  const ModelRecord& record() const { return record_; }
  Progress& progress() { return progress_; }
  /// Everything but the attestation.
  void describe(const Context& context, ModelState& out) const;
  /// True when the last assignment ended with a trial or was fulfilled already.
  bool outcome(const Context& context, Attestation& out) const;

 private:
  static constexpr Duration kRetry = seconds(5);

  enum class SelfTest : uint8_t { kNotStarted, kRunning, kPassed };

  Status save(Context& context);
  void save_later(Context& context);
  void retry(Context& context);
  void enter(Context& context, UpdateState state);
  void finish(Context& context, UpdateState state, Reason reason);

  void adopt_intent(Context& context, const Directive& directive, bool personal);
  void draw_start(Context& context);
  void raise_floor();
  bool is_asked(const Context& context) const;
  bool is_ordered(const Context& context) const;
  bool has_ended() const;
  bool names_target() const;
  bool is_allowed(const Context& context) const;
  bool is_superseded() const;
  bool may_start(const Context& context) const;
  bool spare_fits() const;
  TransferId choice() const;

  void go_back(Context& context);
  void tick_idle(Context& context);
  void tick_staged(Context& context);
  void tick_trial(Context& context);
  void take_up(const Image& image);
  bool prepare_slot(Context& context, const Image& old_spare);
  bool fall_back(Context& context, Reason reason);

  void resume(Context& context);
  void start_self_test(Context& context);
  void start_trial(Context& context);
  void resume_trial(Context& context);
  void enter_trial(Context& context);
  void confirm(Context& context, const Digest& engine);
  void revert(Context& context, Reason reason);
  void activate(Context& context, bool reload);
  bool load(Context& context, Slot slot, const Image& image, bool reload);
  TrialTerms terms() const;

  uint8_t model_ = 0;
  SelfTest self_test_ = SelfTest::kNotStarted;
  bool measured_ = false;        ///< the staged image, since the start
  bool waiting_ = false;         ///< for start_at_
  bool record_lost_ = false;     ///< both copies damaged: needs a person
  bool save_due_ = false;        ///< the record on the medium is older than ours
  bool activation_due_ = false;  ///< the runtime has not taken the active image yet
  ModelRecord record_;
  MonoTime start_at_;           ///< the draw from the directive's window
  MonoTime poll_at_ = kNever;   ///< next health sample, or end of the self-test
  MonoTime retry_at_ = kNever;  ///< of what is due
  BootRecord boot_;
  Progress progress_;
  TrialMonitor trial_;
};

}  // namespace flotilla::edge
