#pragma once

#include "edge-client/core/record_pair.h"
#include "edge-client/ports/slot_storage.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// What a verified release manifest said about an image that lies, or is to lie, in a slot.
struct Image {
  Digest digest;  ///< none: no image
  Digest release;
  Digest golden;
  uint64_t size = 0;
  uint32_t version = 0;
  uint32_t security_counter = 0;
  bool revoked = false;  ///< a directive said so; never taken back

  bool exists() const { return !digest.is_none(); }
};

/// The part of the newest accepted directive that later decisions need. Kept durably, since a
/// personal directive is not retained by the broker.
struct Intent {
  Verb verb = Verb::kHold;
  bool personal = false;
  bool applies = false;       ///< this device is in the cohort
  bool delta_failed = false;  ///< the delta did not lead to the image: use the full payload
  uint8_t trial_attempts = 0;
  uint32_t rollout = 0;
  uint32_t epoch = 0;
  TransferId from_active = 0;  ///< delta from the active image; 0: none offered
  TransferId from_trial = 0;   ///< delta from the image that was in trial at that time; 0: none
  TransferId full = 0;         ///< 0: none
  WallTime expires;
  WallTime not_before;
  uint32_t floor = 0;
  uint32_t healthy_for_s = 0;
  uint32_t trial_deadline_s = 0;
  uint32_t start_window_s = 0;
  Digest release;
  Digest image;
  bool revoked = false;  ///< the image is: not followed, like a hold
};

/// Shorter than the wire allows: it is stored with every record.
using StoredDetail = FixedString<96>;

/// Everything durable about one model.
struct ModelRecord {
  Slot active_slot = Slot::kNone;

  // The current or the last assignment.
  UpdateState state = UpdateState::kIdle;
  Reason reason = Reason::kNone;
  bool settled = false;  ///< ended for good: the same rollout and release are not tried again
  uint8_t attempts_left = 0;
  uint32_t rollout = 0;
  uint32_t healthy_for_s = 0;
  uint32_t trial_deadline_s = 0;
  TransferId transfer = 0;

  Intent intent;
  uint32_t floor = 0;
  WallTime signed_time;  ///< highest time of issue under the epoch of the newest position
  DirectivePosition class_position;
  DirectivePosition personal_position;

  Image target;  ///< of the assignment
  Image active;
  Image spare;        ///< complete and verified in the other slot; none while that slot is in use
  Digest measured;    ///< image active when the outcome was decided
  Digest engine;      ///< what the application had built of the active image when it was confirmed
  ReportOrder order;  ///< of the report that first carried the outcome
  StoredDetail detail;

  Slot spare_slot() const { return other(active_slot); }
  const DirectivePosition& newest() const {
    return personal_position > class_position ? personal_position : class_position;
  }
};

/// The boot record of one model on its two journal areas.
class BootRecord {
 public:
  /// Bytes of a copy, with frame.
  static constexpr size_t kMaxSize = 960;

  /// kForeign: the record belongs to a model of another name. `record` must be new; it is of use
  /// only when the answer is kValid.
  RecordPair::Found load(Journal& journal, uint8_t model, const Name& name, ModelRecord& record);
  Status save(Journal& journal, uint8_t model, const Name& name, ModelRecord& record);

 private:
  RecordPair pair_;
};

}  // namespace flotilla::edge
