#include "controller/api/explain.h"

#include "controller/api/reasons.h"
#include "controller/api/text.h"
#include "controller/domain/names.h"
#include "schemas/protocol/trust.h"

namespace flotilla::controller::api {

namespace {

constexpr Duration kSilence = seconds(15 * 60);

/// What is known of one device and one model.
struct Subject {
  const ControlPlane& plane;
  const Device& device;
  std::string model;
  const ModelState* reported = nullptr;  ///< null: never reported
  const StandingDirective* standing = nullptr;
  const Assignment* assignment = nullptr;  ///< of the standing directive's rollout
  const Rollout* preparing = nullptr;      ///< brings its payloads to rest; ordered nothing yet
  bool in_cohort = false;
};

/// Sentences, and the remedy of the most important one.
struct Story {
  std::string summary;
  std::string remedy = "nothing";
  Json facts = Json::array();

  void tell(const std::string& sentence) { facts.push_back(sentence); }
  void conclude(const std::string& sentence, const std::string& what_to_do) {
    if (!summary.empty()) return;
    summary = sentence;
    remedy = what_to_do;
  }
};

std::string short_digest(const Digest& digest) {
  if (digest.is_none()) return "none";
  return std::string(to_hex(digest).view().substr(0, 12));
}

std::string position_text(const DirectivePosition& position) {
  return std::to_string(position.epoch) + "." + std::to_string(position.seq);
}

std::string intent_text(const Directive& directive) {
  const std::string version = std::to_string(directive.version);
  switch (directive.verb) {
    case Verb::kInstall:
      return "install version " + version;
    case Verb::kHold:
      return "start nothing new towards version " + version;
    case Verb::kRollback:
      return "go back to version " + version;
  }
  return "unknown";
}

/// The rollout that is about to order something for the device, and for what it waits.
const Rollout* preparing_for(const ControlPlane& plane, const Device& device,
                             const std::string& model) {
  for (const auto& [id, rollout] : plane.rollouts()) {
    if (rollout.state == RolloutState::kPreparing && rollout.model == model &&
        find_target(rollout, device.hardware_class) != nullptr)
      return &rollout;
  }
  return nullptr;
}

Subject make_subject(const ControlPlane& plane, const Device& device, const std::string& model,
                     Hasher& hasher) {
  Subject subject{plane, device, model};
  const auto reported = device.models.find(model);
  if (reported != device.models.end()) subject.reported = &reported->second.reported;
  subject.preparing = preparing_for(plane, device, model);
  subject.standing = plane.standing(model, device.hardware_class);
  if (subject.standing == nullptr) return subject;
  const Directive& directive = subject.standing->directive;
  if (plane.rollouts().contains(directive.rollout)) {
    const auto& assignments = plane.assignments(directive.rollout);
    const auto found = assignments.find(device.id);
    if (found != assignments.end()) subject.assignment = &found->second;
  }
  const uint32_t position = cohort_position(hasher, directive.salt, device.id);
  subject.in_cohort = in_cohort(directive, position, device.site);
  return subject;
}

void tell_report(const Subject& subject, Story& story) {
  if (subject.reported == nullptr) {
    story.tell("the device has never reported " + subject.model);
    return;
  }
  const ModelState& state = *subject.reported;
  story.tell("holds version " + std::to_string(state.active_version) + " (image " +
             short_digest(state.active_digest) + "), security floor " +
             std::to_string(state.floor));
  story.tell(std::string("says: ") + state_name(state.state) +
             (state.reason == Reason::kNone ? "" : std::string(", ") + reason_text(state.reason)) +
             (state.detail.empty() ? "" : " (" + std::string(state.detail.view()) + ")"));
  if (state.chunks_total > 0) {
    story.tell("transfer " + std::string(to_hex(state.transfer).view()) + ": " +
               std::to_string(state.chunks_done) + " of " + std::to_string(state.chunks_total) +
               " chunks, " + std::to_string(state.bytes_received) + " bytes received, " +
               std::to_string(state.chunks_refused) + " chunks refused");
  }
}

void tell_directive(const Subject& subject, Story& story) {
  const Directive& directive = subject.standing->directive;
  const DirectivePosition position{directive.epoch, directive.seq};
  story.tell("rollout " + std::to_string(directive.rollout) + " orders class " +
             subject.device.hardware_class + " to " + intent_text(directive) + " (directive " +
             position_text(position) + ")");
  if (subject.reported == nullptr) return;
  const DirectivePosition& newest = subject.reported->directive;
  if (newest < position) {
    story.tell("the device has not got this directive; the newest it accepted is " +
               position_text(newest));
  } else {
    story.tell("the device has accepted this directive");
  }
}

std::string resume_remedy(uint32_t rollout) {
  return "mend it; it is tried again by itself, or at once with flotilla rollout resume " +
         std::to_string(rollout);
}

void tell_offer(const Subject& subject, Story& story) {
  const Directive& directive = subject.standing->directive;
  const Digest active = subject.reported == nullptr ? Digest{} : subject.reported->active_digest;
  if (active == directive.image_digest) {
    story.tell("it holds the ordered bytes already: no transfer is needed");
    return;
  }
  for (const Offer& offer : directive.offers) {
    if (offer.base_digest != active && !offer.base_digest.is_none()) continue;
    const auto transfer = subject.plane.transfers().find(offer.transfer);
    std::string text = offer.base_digest.is_none() ? "it is offered the full payload"
                                                   : "it is offered a delta from its version";
    text += ", transfer " + std::string(to_hex(offer.transfer).view());
    if (transfer != subject.plane.transfers().end()) {
      text += ", " + std::to_string(transfer->second.manifest.payload_size) + " bytes, " +
              state_name(transfer->second.state) + " in the broker";
    }
    story.tell(text);
    const std::string trouble = subject.plane.trouble(offer.transfer);
    const bool open = subject.assignment == nullptr || is_open(subject.assignment->state);
    if (!trouble.empty() && open) {
      story.conclude(
          "what " + subject.device.id + " needs is not at rest in the broker: " + trouble,
          resume_remedy(directive.rollout));
    }
    return;
  }
  story.tell("no offered payload fits the bytes it holds");
}

/// How the install ended stays on record, so a rollback has its own words.
void conclude_rollback(const Subject& subject, Story& story) {
  const Directive& directive = subject.standing->directive;
  const std::string target = subject.model + " version " + std::to_string(directive.version);
  const std::string& id = subject.device.id;
  if (subject.reported != nullptr && subject.reported->active_digest == directive.image_digest) {
    return story.conclude(id + " runs " + target + ", as the rollback ordered", "nothing");
  }
  story.conclude(id + " is ordered back to " + target + " and does not run it yet",
                 "wait; check that the device is on line");
}

/// What a device did of itself since the assignment ended comes first.
void conclude_revoked(const Subject& subject, Story& story) {
  if (subject.reported == nullptr) return;
  const ModelState& state = *subject.reported;
  const std::string& id = subject.device.id;
  const std::string version = subject.model + " version " + std::to_string(state.active_version);
  if (state.reason == Reason::kRevoked && state.state == UpdateState::kConfirmed) {
    return story.conclude(id + " runs " + version +
                              ", which was revoked, and holds nothing to go "
                              "back to",
                          "roll out another version");
  }
  const bool is_own_way = state.rollout == 0 && subject.assignment != nullptr &&
                          subject.assignment->state == AssignmentState::kConfirmed;
  if (!is_own_way) return;
  if (state.state == UpdateState::kConfirmed)
    return story.conclude(
        id + " went back to " + version + " by itself, as what it ran was revoked", "nothing");
  story.conclude(
      id + " goes back by itself, as what it ran was revoked: " + state_name(state.state), "wait");
}

void conclude_assignment(const Subject& subject, Story& story) {
  const Assignment& assignment = *subject.assignment;
  const std::string version = std::to_string(subject.standing->directive.version);
  const std::string& id = subject.device.id;
  const std::string why = reason_text(assignment.reason);
  switch (assignment.state) {
    case AssignmentState::kConfirmed:
      return story.conclude(id + " has confirmed " + subject.model + " version " + version,
                            "nothing");
    case AssignmentState::kReverted:
      return story.conclude(id + " went back by itself from version " + version + ": " + why,
                            reason_remedy(assignment.reason));
    case AssignmentState::kRejected:
      return story.conclude(id + " refused version " + version + ": " + why,
                            reason_remedy(assignment.reason));
    case AssignmentState::kFailed:
      return story.conclude(id + " gave up version " + version + ": " + why,
                            reason_remedy(assignment.reason));
    case AssignmentState::kExpired:
      return story.conclude(id + " did not finish before the rollout expired",
                            "bring it on line and start a new rollout");
    case AssignmentState::kTransferring:
    case AssignmentState::kStaged:
    case AssignmentState::kTrial:
      return story.conclude(
          id + " is on its way to version " + version + ": " + state_name(assignment.state),
          "wait; flotilla rollout watch shows the progress");
    case AssignmentState::kPending:
    case AssignmentState::kOffered:
      return;
  }
}

void conclude_waiting(const Subject& subject, Story& story) {
  const Directive& directive = subject.standing->directive;
  const std::string& id = subject.device.id;
  const DirectivePosition position{directive.epoch, directive.seq};
  if (directive.verb == Verb::kHold) {
    story.conclude("the rollout is on hold: " + id + " starts nothing new",
                   "flotilla rollout resume " + std::to_string(directive.rollout));
  }
  if (!subject.in_cohort) {
    story.conclude(
        id + " is not in a wave that has been opened yet",
        "wait for the earlier waves, or look at what holds them: flotilla rollout show " +
            std::to_string(directive.rollout));
  }
  if (subject.reported != nullptr && position < subject.reported->directive) {
    story.conclude(
        id + " has accepted a newer directive than this server's: the server's state is an "
             "older copy",
        "flotilla rollout halt " + std::to_string(directive.rollout) +
            ", then start it again: its order gets a newer number");
  }
  if (subject.reported == nullptr || subject.reported->directive < position) {
    story.conclude(
        "the order stands in the broker; " + id + " has not taken it yet",
        "check that the device is on line and serves this model; when this server's state "
        "was restored from a copy, restart the broker: devices report when they connect");
  }
  story.conclude(id + " has the order and has not started", "wait for its start window");
}

void tell_preparing(const Subject& subject, Story& story) {
  const Rollout& rollout = *subject.preparing;
  const std::string id = std::to_string(rollout.id);
  const RolloutTarget& target = *find_target(rollout, subject.device.hardware_class);
  const std::string trouble = subject.plane.trouble(rollout, target);
  story.tell("rollout " + id + " prepares version " + std::to_string(rollout.version) + ": " +
             rollout.state_reason);
  if (!trouble.empty()) {
    story.conclude("rollout " + id + " cannot begin: " + trouble, resume_remedy(rollout.id));
  } else if (subject.standing == nullptr) {
    story.conclude("rollout " + id + " is being prepared", "wait: flotilla rollout watch " + id);
  }
}

Story tell_model(const Subject& subject) {
  Story story;
  tell_report(subject, story);
  if (subject.preparing != nullptr) tell_preparing(subject, story);
  if (subject.standing == nullptr) {
    story.tell("no rollout has ordered " + subject.model + " for class " +
               subject.device.hardware_class);
    story.conclude("nothing was ordered for " + subject.device.id,
                   "flotilla rollout start " + subject.model + " VERSION");
    return story;
  }
  tell_directive(subject, story);
  tell_offer(subject, story);
  const Digest& ordered = subject.standing->directive.image_digest;
  if (subject.standing->directive.verb == Verb::kRollback) conclude_rollback(subject, story);
  conclude_revoked(subject, story);
  if (subject.assignment != nullptr) conclude_assignment(subject, story);
  if (subject.reported != nullptr && subject.reported->active_digest == ordered) {
    story.conclude(subject.device.id + " runs the ordered version of " + subject.model, "nothing");
  }
  conclude_waiting(subject, story);
  return story;
}

Story tell_device(const Device& device, WallTime now, bool broker_connected) {
  Story story;
  const Duration age{now.ms - device.last_report.ms};
  if (device.retired) story.conclude("the device is retired", "enrol it again to use it");
  if (!broker_connected) {
    story.conclude("the controller has no connection to the broker",
                   "check the broker and the server's log");
  }
  if (device.last_report.ms == 0) {
    story.conclude(
        "the device has never reported",
        "check its power, its network, and that its certificate's common name is " + device.id);
  } else {
    story.tell("last report " + span_text(age) + " ago");
  }
  if (device.duplicate_suspected) {
    story.conclude("two devices use the id " + device.id + " in turn",
                   "give each device its own certificate");
  }
  if (!device.claimed_class.empty() && device.claimed_class != device.hardware_class) {
    story.tell("it says that its class is " + device.claimed_class + ", it is enrolled as " +
               device.hardware_class);
  }
  if (device.last_report.ms != 0 && age > kSilence) {
    story.tell("silence is normal when nothing changes; no health report either means off line");
  }
  return story;
}

Json story_json(const Story& story) {
  return {{"summary", story.summary}, {"remedy", story.remedy}, {"facts", story.facts}};
}

}  // namespace

Json explain(const ControlPlane& plane, const Device& device, Hasher& hasher, WallTime now,
             bool broker_connected) {
  Story whole = tell_device(device, now, broker_connected);
  Json models = Json::array();
  for (const auto& [model, versions] : plane.models()) {
    const Subject subject = make_subject(plane, device, model, hasher);
    if (subject.reported == nullptr && subject.standing == nullptr) continue;
    const Story story = tell_model(subject);
    whole.conclude(story.summary, story.remedy);
    Json entry = story_json(story);
    entry["model"] = model;
    models.push_back(std::move(entry));
  }
  whole.conclude("no model has been ordered for class " + device.hardware_class,
                 "flotilla model push, then flotilla rollout start");
  Json body = story_json(whole);
  body["device"] = device.id;
  body["hardware_class"] = device.hardware_class;
  body["models"] = std::move(models);
  return body;
}

}  // namespace flotilla::controller::api
