#include "tests/support/controller_world.h"

#include <gtest/gtest.h>

#include "schemas/protocol/trust.h"

namespace flotilla::testing {

using namespace controller;

namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

constexpr int64_t kHourSeconds = 3600;
constexpr int64_t kHealthSeconds = 60;

}  // namespace

std::string device_name(int number) {
  return "d" + std::to_string(number);
}

World::World(ControlPlaneConfig settings) : config(settings) {
  load();
  connect();
}

void World::load() {
  plane_ = std::make_unique<ControlPlane>(config, hasher);
  const Status status = plane_->load(store);
  ASSERT_TRUE(status.ok()) << status.reason();
}

void World::restart() {
  effects_.clear();
  load();
  if (online) connect();
}

void World::connect() {
  online = true;
  step(BrokerConnected{});
}

void World::lose_broker(bool forgetting) {
  online = false;
  if (forgetting) retained = {};
  step(BrokerLost{});
}

StepResult World::step(const Event& event, const std::string& actor) {
  StepResult result = plane_->step(event, Actor{actor, actor}, now);
  EXPECT_TRUE(store.commit(result.writes).ok());
  ++steps;
  if (crash_after.count(steps) != 0) {
    restart();
    return result;
  }
  for (const Effect& effect : result.effects) effects_.push_back(effect);
  if (restart_always) reload();
  drain();
  return result;
}

void World::reload() {
  load();
  if (!online) return;
  const StepResult again = plane_->step(BrokerConnected{}, Actor{}, now);
  EXPECT_TRUE(again.writes.empty()) << "to connect changes nothing";
}

void World::drain() {
  if (draining_) return;
  draining_ = true;
  while (!effects_.empty()) {
    const Effect effect = effects_.front();
    effects_.pop_front();
    carry_out(effect);
  }
  draining_ = false;
}

void World::carry_out(const Effect& effect) {
  std::visit(
      Overloaded{
          [&](const PublishDirective& e) {
            if (!online) return;
            if (!directive_refusal.empty()) {
              if (e.outbox_id != 0) step(OutboxRefused{e.outbox_id, directive_refusal});
              return;
            }
            published.push_back(e.directive);
            retained.directives[{std::string(e.directive.hardware_class.view()),
                                 std::string(e.directive.model.view())}] = e.directive;
            revoked = e.revoked;
            if (e.outbox_id != 0) step(OutboxDelivered{{e.outbox_id}});
          },
          [&](const SendAcknowledgement& e) {
            ++acknowledgements[e.device];
            const auto found = devices.find(e.device);
            if (found != devices.end()) found->second.acknowledged = e.acknowledgement.order;
          },
          [&](const BuildTransfers& e) { build(e); },
          [&](const PlaceTransfer& e) {
            if (!online) return;
            place(e.transfer);
          },
          [&](const ClearTransfer& e) {
            if (!online) return;
            retained.transfers.erase(e.transfer.id);
            step(TransferCleared{e.transfer.id});
          },
          [&](const RegenerateRights&) {},
          [&](const AdoptKeyset&) {},
          [&](const RemoveArtifacts& e) { removed.insert(e.artifacts.begin(), e.artifacts.end()); },
          [&](const SignCheckpoint& e) {
            if (signing) step(KeepCheckpoint{{e.checkpoint, "signed"}});
          },
      },
      effect);
}

void World::place(const Transfer& transfer) {
  const bool lost = lost_files.count(transfer.id) != 0;
  const std::string why = lost ? "the payload file is gone" : place_refusal;
  if (!why.empty()) {
    step(TransferRefused{transfer.id, why, lost});
    return;
  }
  retained.transfers[transfer.id] = transfer.base_digest;
  step(TransferAtRest{transfer.id});
}

void World::build(const BuildTransfers& effect) {
  builds.push_back(effect);
  if (!building) return;
  TransfersBuilt answer;
  answer.rollout = effect.rollout;
  answer.hardware_class = effect.hardware_class.name;
  answer.for_rollback = effect.for_rollback;
  answer.failure = build_failure;
  answer.may_pass = build_may_pass;
  for (const Digest& base : effect.bases) answer.transfers.push_back(payload(effect, base));
  answer.transfers.push_back(payload(effect, Digest{}));
  if (!answer.failure.empty()) answer.transfers.clear();
  for (const Transfer& built : answer.transfers) lost_files.erase(built.id);
  step(answer);
}

Transfer World::payload(const BuildTransfers& effect, const Digest& base) {
  Transfer out;
  out.hardware_class = effect.hardware_class.name;
  out.model = effect.model;
  out.release_digest = effect.variant.release_digest;
  out.base_digest = base;
  out.manifest.release_digest = effect.variant.release_digest;
  out.manifest.base_digest = base;
  out.manifest.payload_size = message_bytes;
  out.manifest.chunk_count = 2;
  out.manifest.chunk_max = effect.hardware_class.chunk_max;
  out.manifest.merkle_root = hasher.of("root");
  out.manifest.expires = effect.expires;
  out.keyset_epoch = effect.keyset_epoch;
  out.manifest_envelope = "signed until " + std::to_string(effect.expires.ms);
  out.message_bytes = message_bytes;
  out.id = transfer_id(transfer_digest(hasher, out.manifest));
  return out;
}

std::vector<AuditEntry> World::audit() {
  std::vector<AuditEntry> out;
  EXPECT_TRUE(read_audit(store, 0, UINT64_MAX, out).ok());
  EXPECT_EQ(out.size(), plane_->audit_size());
  for (size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i].number, i);
  return out;
}

std::multiset<std::string> World::audit_summary() {
  std::multiset<std::string> out;
  for (const AuditEntry& entry : audit()) out.insert(entry.action + " " + entry.object);
  return out;
}

void World::define_class(const std::string& name) {
  DefineClass command;
  command.definition.name = name;
  EXPECT_FALSE(step(command).refusal);
}

Digest World::image(const std::string& model, uint32_t number, const std::string& hardware_class) {
  return hasher.of(model + " " + std::to_string(number) + " " + hardware_class);
}

void World::publish(const std::string& model, uint32_t number,
                    const std::vector<std::string>& classes) {
  RegisterVersion command;
  command.version.model = model;
  command.version.version = number;
  command.version.label = "v" + std::to_string(number);
  for (const std::string& name : classes) {
    define_class(name);
    Variant variant;
    variant.hardware_class = name;
    variant.image_digest = image(model, number, name);
    variant.image_size = 4096;
    variant.release_envelope = "release of " + model;
    variant.release_digest = hasher.of("release " + model + std::to_string(number) + name);
    command.version.variants.push_back(variant);
  }
  const StepResult result = step(command);
  EXPECT_FALSE(result.refusal) << result.refusal->message;
}

void World::enrol(const std::string& id, const std::string& hardware_class) {
  EnrolDevice command;
  command.id = id;
  command.hardware_class = hardware_class;
  command.public_key[0] = 1;
  const StepResult result = step(command);
  EXPECT_FALSE(result.refusal) << result.refusal->message;
}

void World::populate(int count) {
  publish("pose", 1, {"mcu"});
  publish("pose", 2, {"mcu"});
  for (int i = 0; i < count; ++i) add_device(device_name(i), "mcu", "pose", 1);
  run(5);
}

ScriptedDevice& World::add_device(const std::string& id, const std::string& hardware_class,
                                  const std::string& model, uint32_t running_version) {
  enrol(id, hardware_class);
  ScriptedDevice& device =
      devices.emplace(id, ScriptedDevice(id, hardware_class, hasher)).first->second;
  device.hold(model,
              running_version == 0 ? Digest{} : image(model, running_version, hardware_class));
  return device;
}

uint32_t World::start(const std::string& model, uint32_t version, const RolloutPolicy& policy) {
  StartRollout command;
  command.model = model;
  command.version = version;
  command.policy = policy;
  command.salt[0] = 7;
  const StepResult result = step(command);
  EXPECT_FALSE(result.refusal) << result.refusal->message;
  return result.created_rollout;
}

StepResult World::operate(uint32_t rollout, RolloutVerb verb) {
  return step(OperateRollout{rollout, verb, ""});
}

void World::second() {
  now = now + seconds(1);
  for (auto& [id, device] : devices) {
    if (!online) break;
    if (const auto report = device.poll(retained)) step(*report, "device:" + id);
    if (!device.silent && now.ms / 1000 % kHealthSeconds == 0) step(device.health());
  }
  step(Tick{});
}

void World::run(int64_t amount) {
  for (int64_t i = 0; i < amount; ++i) second();
}

bool World::run_until(const std::function<bool()>& done) {
  for (int64_t i = 0; i < kHourSeconds; ++i) {
    if (done()) return true;
    second();
  }
  return done();
}

bool World::run_until_state(uint32_t rollout, RolloutState wanted) {
  return run_until([&] { return state(rollout) == wanted; });
}

RolloutState World::state(uint32_t rollout) {
  return plane_->rollouts().at(rollout).state;
}

const std::string& World::reason(uint32_t rollout) {
  return plane_->rollouts().at(rollout).state_reason;
}

AssignmentState World::assignment(uint32_t rollout, const std::string& device) {
  return plane_->assignments(rollout).at(device).state;
}

uint32_t World::count(uint32_t rollout, AssignmentState state) {
  uint32_t out = 0;
  for (const auto& [id, assignment] : plane_->assignments(rollout))
    out += assignment.state == state;
  return out;
}

}  // namespace flotilla::testing
