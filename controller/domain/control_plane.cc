#include "controller/domain/control_plane.h"

#include <iterator>
#include <type_traits>

#include "controller/domain/access_control.h"
#include "controller/domain/alias_board.h"
#include "controller/domain/assignment_machine.h"
#include "controller/domain/checkpoints.h"
#include "controller/domain/directive_board.h"
#include "controller/domain/fleet_table.h"
#include "controller/domain/lifecycle.h"
#include "controller/domain/model_registry.h"
#include "controller/domain/policies.h"
#include "controller/domain/retention.h"
#include "controller/domain/rollout_machine.h"
#include "controller/domain/step_context.h"
#include "controller/domain/text.h"
#include "controller/domain/transfer_planner.h"
#include "schemas/base/assert.h"

namespace flotilla::controller {
namespace {

// ---- one overload for each event

Refused on(StepContext& step, const DefineClass& command) {
  return model_registry::define_class(step, command);
}

Refused on(StepContext& step, const EnrolDevice& command) {
  return fleet_table::enrol(step, command);
}

Refused on(StepContext& step, const RetireDevice& command) {
  Refused why = fleet_table::retire(step, command);
  if (!why) assignment_machine::close_device(step, command.id);
  return why;
}

Refused on(StepContext& step, const RegisterVersion& command) {
  return model_registry::register_version(step, command);
}

Refused on(StepContext& step, const ReviseDocument& command) {
  return model_registry::revise_document(step, command);
}

Refused on(StepContext& step, const StartRollout& command) {
  return rollout_machine::start(step, command);
}

Refused on(StepContext& step, const OperateRollout& command) {
  return rollout_machine::operate(step, command);
}

Refused on(StepContext& step, const AddToken& command) {
  return access_control::add_token(step, command);
}

Refused on(StepContext& step, const RevokeToken& command) {
  return access_control::revoke_token(step, command);
}

Refused on(StepContext& step, const SetPolicy& command) {
  return policies::set(step, command);
}

Refused on(StepContext& step, const RemovePolicy& command) {
  return policies::remove(step, command);
}

Refused on(StepContext& step, const PostEvidence& command) {
  return lifecycle::post_evidence(step, command);
}

Refused on(StepContext& step, const Approve& command) {
  return lifecycle::approve(step, command);
}

Refused on(StepContext& step, const ChangeRelease& command) {
  return lifecycle::change(step, command);
}

Refused on(StepContext& step, const MoveAlias& command) {
  return alias_board::move(step, command);
}

Refused on(StepContext& step, const TokenUsed& event) {
  access_control::token_used(step, event);
  return std::nullopt;
}

Refused on(StepContext& step, const SignRelease& command) {
  return model_registry::sign_release(step, command);
}

Refused on(StepContext& step, const TakeKeyset& command) {
  return model_registry::take_keyset(step, command);
}

Refused on(StepContext& step, const NoteKeyset& event) {
  model_registry::note_keyset(step, event.keyset);
  return std::nullopt;
}

Refused on(StepContext& step, const PinVersion& command) {
  return retention::pin(step, command);
}

Refused on(StepContext& step, const DeleteVersions& command) {
  return retention::remove(step, command);
}

Refused on(StepContext& step, const StateReported& event) {
  step.actor = cat("device:", event.device);
  const auto known = step.state.devices.find(event.device);
  const bool first = known != step.state.devices.end() && !has_reported(known->second);
  const uint64_t entries = step.state.meta.next_audit;
  using fleet_table::Acceptance;
  const Acceptance acceptance = fleet_table::accept(step, event);
  if (acceptance == Acceptance::kRefused || acceptance == Acceptance::kDeferred)
    return std::nullopt;
  const Device& device = known->second;
  if (acceptance == Acceptance::kAccepted) {
    if (first) rollout_machine::introduced(step, device);
    rollout_machine::reported(step, device, event);
    fleet_table::count_entries(step, device, entries);
  }
  fleet_table::acknowledge(step, device);
  return std::nullopt;
}

Refused on(StepContext& step, const HealthReported& event) {
  fleet_table::accept_health(step, event);
  return std::nullopt;
}

Refused on(StepContext& step, const TransfersBuilt& event) {
  rollout_machine::built(step, event);
  return std::nullopt;
}

Refused on(StepContext& step, const TransferAtRest& event) {
  if (transfer_planner::at_rest(step, event))
    rollout_machine::payload_at_rest(step, event.transfer);
  return std::nullopt;
}

Refused on(StepContext& step, const TransferRefused& event) {
  if (transfer_planner::refused(step, event))
    rollout_machine::payload_refused(step, event.transfer);
  return std::nullopt;
}

Refused on(StepContext& step, const TransferCleared& event) {
  transfer_planner::cleared(step, event);
  return std::nullopt;
}

Refused on(StepContext& step, const OutboxDelivered& event) {
  directive_board::delivered(step, event);
  return std::nullopt;
}

Refused on(StepContext& step, const OutboxRefused& event) {
  if (directive_board::refused(step, event)) rollout_machine::directive_refused(step, event.id);
  return std::nullopt;
}

Refused on(StepContext& step, const BrokerConnected&) {
  step.state.memory.listening_since = step.now;
  directive_board::publish_all(step);
  transfer_planner::place_all(step);
  return std::nullopt;
}

Refused on(StepContext& step, const BrokerLost&) {
  step.state.memory.listening_since.reset();
  return std::nullopt;
}

Refused on(StepContext& step, const KeepCheckpoint& event) {
  checkpoints::keep(step, event);
  return std::nullopt;
}

Refused on(StepContext& step, const Tick&) {
  rollout_machine::tick(step);
  transfer_planner::request_builds(step);
  transfer_planner::look_again(step);
  directive_board::renew(step);
  directive_board::retry(step);
  checkpoints::tick(step);
  return std::nullopt;
}

/// Commands come first in Event, in this order.
constexpr const char* kCommandNames[] = {
    "define_class",  "enrol_device",    "retire_device", "register_version", "revise_document",
    "start_rollout", "operate_rollout", "add_token",     "revoke_token",     "set_policy",
    "remove_policy", "post_evidence",   "approve",       "change_release",   "move_alias",
    "sign_release",  "take_keyset",     "pin_version",   "delete_versions"};
static_assert(std::is_same_v<std::variant_alternative_t<std::size(kCommandNames) - 1, Event>,
                             DeleteVersions>);

bool is_command(const Event& event) {
  return event.index() < std::size(kCommandNames);
}

/// The answers that a former process waited for never come.
void resume(StepContext& step) {
  if (step.state.memory.resumed) return;
  step.state.memory.resumed = true;
  transfer_planner::request_builds(step);
}

void audit_refusal(StepContext& step, const Event& event, const Refusal& why) {
  FLOTILLA_ASSERT(is_command(event));
  FLOTILLA_ASSERT(!step.has_writes());
  ++step.state.memory.counters.commands_refused;
  step.audit("command.refused", cat("command/", kCommandNames[event.index()]),
             cat(code_name(why.code), ": ", why.message));
  step.result().refusal = why;
}

}  // namespace

ControlPlane::ControlPlane(const ControlPlaneConfig& config, Hasher& hasher)
    : config_(config), hasher_(hasher) {}

Status ControlPlane::load(Store& store) {
  return state_.load(store, hasher_);
}

StepResult ControlPlane::step(const Event& event, const Actor& actor, WallTime now) {
  StepContext step(state_, config_, hasher_, is_command(event) ? actor : controller_actor(), now);
  resume(step);
  const Refused why = std::visit([&step](const auto& e) { return on(step, e); }, event);
  if (why) audit_refusal(step, event, *why);
  if (step.plan_changed) transfer_planner::sweep(step);
  return step.finish();
}

const std::map<std::string, HardwareClass>& ControlPlane::classes() const {
  return state_.classes;
}

const std::map<std::string, Device>& ControlPlane::devices() const {
  return state_.devices;
}

const std::map<std::string, std::map<uint32_t, ModelVersion>>& ControlPlane::models() const {
  return state_.models;
}

const std::map<uint32_t, DocumentRevision>& ControlPlane::revisions(const std::string& model,
                                                                    uint32_t version) const {
  const auto found = state_.revisions.find({model, version});
  return found == state_.revisions.end() ? no_revisions_ : found->second;
}

const std::map<uint32_t, Rollout>& ControlPlane::rollouts() const {
  return state_.rollouts;
}

const std::map<std::string, Assignment>& ControlPlane::assignments(uint32_t rollout) const {
  const auto found = state_.assignments.find(rollout);
  return found == state_.assignments.end() ? no_assignments_ : found->second;
}

const std::map<TransferId, Transfer>& ControlPlane::transfers() const {
  return state_.transfers;
}

const std::map<std::string, Token>& ControlPlane::tokens() const {
  return state_.tokens;
}

const Lifecycle* ControlPlane::lifecycle(const std::string& model, uint32_t version) const {
  const auto found = state_.lifecycles.find({model, version});
  return found == state_.lifecycles.end() ? nullptr : &found->second;
}

ReleaseState ControlPlane::release_state(const std::string& model, uint32_t version,
                                         const std::string& hardware_class) const {
  return lifecycle::state_of(state_, model, version, hardware_class);
}

std::vector<FailedRule> ControlPlane::unmet_people_rules(const ModelVersion& version,
                                                         const std::string& hardware_class,
                                                         WallTime now) const {
  std::vector<FailedRule> out = policies::unmet_evidence(state_, version, hardware_class, now);
  for (FailedRule& rule : policies::unmet_approvals(state_, version, hardware_class, now)) {
    out.push_back(std::move(rule));
  }
  return out;
}

const std::map<PolicyKey, Policy>& ControlPlane::policies() const {
  return state_.policies;
}

std::vector<const Policy*> ControlPlane::policies_of(std::string_view model,
                                                     std::string_view hardware_class) const {
  return policies::of(state_, model, hardware_class);
}

const std::map<AliasKey, Alias>& ControlPlane::aliases() const {
  return state_.aliases;
}

const StandingDirective* ControlPlane::standing(std::string_view model,
                                                std::string_view hardware_class) const {
  return state_.find_standing(hardware_class, model);
}

std::vector<std::string> ControlPlane::shown_approvals(const Digest& release) const {
  return transfer_planner::approvals_of(state_, release);
}

const std::map<KeyId, ReleaseApproval>& ControlPlane::approvals(const Digest& release) const {
  const auto found = state_.approvals.find(release);
  return found == state_.approvals.end() ? no_approvals_ : found->second;
}

void ControlPlane::use_keyset(uint32_t epoch) {
  config_.keyset_epoch = epoch;
}

uint32_t ControlPlane::next_version(std::string_view model) const {
  return model_registry::next_version(state_, model);
}

uint64_t ControlPlane::audit_size() const {
  return state_.meta.next_audit;
}

const SignedCheckpoint* ControlPlane::checkpoint() const {
  return state_.newest_checkpoint ? &*state_.newest_checkpoint : nullptr;
}

std::optional<Checkpoint> ControlPlane::draft_checkpoint(WallTime now) const {
  return checkpoints::draft(state_, hasher_, now);
}

const Digest* ControlPlane::checkpoint_root(uint64_t size) const {
  const auto found = state_.checkpoints.find(size);
  return found == state_.checkpoints.end() ? nullptr : &found->second;
}

std::vector<retention::Fate> ControlPlane::retention_plan(Duration older_than, WallTime now) const {
  return retention::plan(state_, older_than, now);
}

std::set<Digest> ControlPlane::needed_artifacts() const {
  return retention::needed_artifacts(state_);
}

size_t ControlPlane::outbox_size() const {
  return state_.outbox.size();
}

std::string ControlPlane::trouble(TransferId transfer) const {
  const auto found = state_.memory.payload_troubles.find(transfer);
  return found == state_.memory.payload_troubles.end() ? "" : found->second.reason;
}

std::string ControlPlane::trouble(const Rollout& rollout, const RolloutTarget& target) const {
  return transfer_planner::trouble_of(state_, rollout, target);
}

std::optional<Actor> ControlPlane::authorize(const Digest& secret_hash) const {
  return access_control::authorize(state_.tokens, secret_hash);
}

std::optional<Refusal> ControlPlane::permit(const Token& token, const Event& command,
                                            WallTime now) const {
  return access_control::permit(state_, token, access_control::demand_of(state_, command), now);
}

std::optional<Refusal> ControlPlane::permit(const Token& token, Permission permission,
                                            std::vector<Reach> reaches, WallTime now) const {
  return access_control::permit(state_, token, {permission, std::move(reaches)}, now);
}

const DomainCounters& ControlPlane::counters() const {
  return state_.memory.counters;
}

}  // namespace flotilla::controller
