#include "controller/domain/names.h"

namespace flotilla::controller {

const char* state_name(RolloutState state) {
  switch (state) {
    case RolloutState::kDraft:
      return "draft";
    case RolloutState::kPreparing:
      return "preparing";
    case RolloutState::kRunning:
      return "running";
    case RolloutState::kHolding:
      return "holding";
    case RolloutState::kCompleted:
      return "completed";
    case RolloutState::kHalted:
      return "halted";
    case RolloutState::kRollingBack:
      return "rolling_back";
    case RolloutState::kRolledBack:
      return "rolled_back";
    case RolloutState::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

const char* state_name(AssignmentState state) {
  switch (state) {
    case AssignmentState::kPending:
      return "pending";
    case AssignmentState::kOffered:
      return "offered";
    case AssignmentState::kTransferring:
      return "transferring";
    case AssignmentState::kStaged:
      return "staged";
    case AssignmentState::kTrial:
      return "trial";
    case AssignmentState::kConfirmed:
      return "confirmed";
    case AssignmentState::kReverted:
      return "reverted";
    case AssignmentState::kRejected:
      return "rejected";
    case AssignmentState::kFailed:
      return "failed";
    case AssignmentState::kExpired:
      return "expired";
  }
  return "unknown";
}

const char* state_name(Transfer::State state) {
  switch (state) {
    case Transfer::State::kBuilt:
      return "built";
    case Transfer::State::kPublishing:
      return "publishing";
    case Transfer::State::kAtRest:
      return "at_rest";
    case Transfer::State::kClearing:
      return "clearing";
  }
  return "unknown";
}

const char* state_name(UpdateState state) {
  switch (state) {
    case UpdateState::kIdle:
      return "idle";
    case UpdateState::kTransferring:
      return "transferring";
    case UpdateState::kStaged:
      return "staged";
    case UpdateState::kTrial:
      return "trial";
    case UpdateState::kConfirmed:
      return "confirmed";
    case UpdateState::kReverted:
      return "reverted";
    case UpdateState::kRejected:
      return "rejected";
    case UpdateState::kFailed:
      return "failed";
  }
  return "unknown";
}

const char* state_name(ReleaseState state) {
  switch (state) {
    case ReleaseState::kDraft:
      return "draft";
    case ReleaseState::kValidated:
      return "validated";
    case ReleaseState::kApproved:
      return "approved";
    case ReleaseState::kReleased:
      return "released";
    case ReleaseState::kDeprecated:
      return "deprecated";
    case ReleaseState::kRevoked:
      return "revoked";
  }
  return "unknown";
}

const char* verb_name(RolloutVerb verb) {
  switch (verb) {
    case RolloutVerb::kHold:
      return "hold";
    case RolloutVerb::kResume:
      return "resume";
    case RolloutVerb::kHalt:
      return "halt";
    case RolloutVerb::kRollback:
      return "rollback";
    case RolloutVerb::kCancel:
      return "cancel";
  }
  return "unknown";
}

const char* verb_name(Verb verb) {
  switch (verb) {
    case Verb::kInstall:
      return "install";
    case Verb::kHold:
      return "hold";
    case Verb::kRollback:
      return "rollback";
  }
  return "unknown";
}

const char* witness_name(Witness witness) {
  switch (witness) {
    case Witness::kNone:
      return "none";
    case Witness::kProven:
      return "proven";
    case Witness::kUnproven:
      return "unproven";
    case Witness::kSplit:
      return "split_view";
  }
  return "unknown";
}

}  // namespace flotilla::controller
