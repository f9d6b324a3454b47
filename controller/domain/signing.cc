#include <algorithm>

#include "controller/domain/bounds.h"
#include "controller/domain/model_registry.h"
#include "controller/domain/text.h"
#include "controller/domain/transfer_planner.h"

namespace flotilla::controller::model_registry {
namespace {

Refused not_there(std::string_view model, uint32_t version, std::string_view hardware_class) {
  return refusal(
      Code::kNotFound,
      cat("version ", version, " of ", model, " has no variant for class '", hardware_class, "'"),
      cat("variants: flotilla model show ", model, " ", version));
}

Variant* find(FleetState& state, const std::string& model, uint32_t version,
              std::string_view hardware_class) {
  const auto versions = state.models.find(model);
  if (versions == state.models.end() || !versions->second.contains(version)) return nullptr;
  for (Variant& variant : versions->second.at(version).variants) {
    if (variant.hardware_class == hardware_class) return &variant;
  }
  return nullptr;
}

std::string object_of(const std::string& model, uint32_t version, std::string_view hardware_class) {
  return cat("model/", model, "/", version, "/", hardware_class);
}

}  // namespace

Refused keyset_changes(const StepContext& step) {
  const uint32_t taken = step.state.memory.keyset_taken;
  if (taken <= step.config.keyset_epoch) return std::nullopt;
  return refusal(Code::kUnavailable,
                 cat("keyset epoch ", taken, " is on record and not yet in force"),
                 "repeat it in a moment; when that lasts, the server's log says why");
}

Refused sign_release(StepContext& step, const SignRelease& command) {
  if (Refused early = keyset_changes(step)) return early;
  Variant* variant = find(step.state, command.model, command.version, command.hardware_class);
  if (variant == nullptr) return not_there(command.model, command.version, command.hardware_class);
  if (command.envelope.empty() || command.envelope.size() > kMaxEnvelope ||
      command.release_digest.is_none()) {
    return refusal(Code::kInvalidArgument, "this is no signed release manifest", "sign it again");
  }
  if (variant->release_envelope == command.envelope) {
    return refusal(Code::kAlreadyExists, "the release has exactly this signature already",
                   "there is nothing to do");
  }
  const bool is_first = variant->release_digest.is_none();
  if (!is_first && variant->release_digest != command.release_digest) {
    return refusal(Code::kAborted,
                   cat("the release is signed as ", to_hex(variant->release_digest).view(),
                       ", not as ", to_hex(command.release_digest).view()),
                   "register a new version: what is released never changes");
  }
  variant->release_digest = command.release_digest;
  variant->release_envelope = command.envelope;
  step.touch(step.state.models.at(command.model).at(command.version));
  step.audit(is_first ? "release.signed" : "release.signed_again",
             object_of(command.model, command.version, command.hardware_class),
             cat("release ", to_hex(command.release_digest).view(), ", key ", command.signer));
  transfer_planner::place_release(step, command.release_digest);
  return std::nullopt;
}

/// Devices count keys, so a person's earlier one must not travel beside the new one.
void drop_other_keys(StepContext& step, const ReleaseApproval& approval) {
  std::vector<KeyId> others;
  for (const auto& [signer, known] : step.state.approvals[approval.release_digest]) {
    if (known.approver == approval.approver && signer != approval.signer) others.push_back(signer);
  }
  for (const KeyId signer : others) step.drop_approval(approval.release_digest, signer);
}

void keep_approval(StepContext& step, ReleaseApproval approval) {
  drop_other_keys(step, approval);
  auto& known = step.state.approvals[approval.release_digest];
  if (known.contains(approval.signer)) return;
  if (known.size() >= kMaxReleaseApprovals) {
    const auto oldest = std::min_element(known.begin(), known.end(), [](auto& a, auto& b) {
      return a.second.created < b.second.created;
    });
    step.drop_approval(approval.release_digest, oldest->first);
  }
  approval.created = step.now;
  approval.created_by = step.actor;
  ReleaseApproval& kept = known[approval.signer] = std::move(approval);
  step.touch(kept);
  transfer_planner::place_release(step, kept.release_digest);
}

Refused take_keyset(StepContext& step, const TakeKeyset& command) {
  if (Refused early = keyset_changes(step)) return early;
  if (command.epoch <= step.config.keyset_epoch) {
    return refusal(Code::kFailedPrecondition,
                   cat("the keyset has epoch ", command.epoch, "; the one in force has ",
                       step.config.keyset_epoch),
                   "make a proposal from the keyset in force: flotilla key show");
  }
  step.state.memory.keyset_taken = command.epoch;
  step.audit("keyset.taken", cat("keyset/", command.epoch), command.detail, command.envelope);
  step.emit(AdoptKeyset{command.envelope});
  return std::nullopt;
}

void note_keyset(StepContext& step, const TakeKeyset& keyset) {
  step.audit("keyset.in_force", cat("keyset/", keyset.epoch), keyset.detail, keyset.envelope);
}

}  // namespace flotilla::controller::model_registry
