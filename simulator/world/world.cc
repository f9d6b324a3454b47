#include "simulator/world/world.h"

#include <algorithm>

#include "controller/artifact/manifest_builder.h"
#include "schemas/protocol/delta/memory.h"
#include "simulator/world/faults.h"
#include "simulator/world/script.h"

namespace flotilla::sim {

using namespace controller;

namespace {

constexpr Duration kFleetBoots = seconds(30);  ///< devices are switched on within

DigestKind digest_kind(const Scenario& scenario) {
  return scenario.settings.real_digests ? DigestKind::kSha256 : DigestKind::kFast;
}

uint32_t decoder_memory() {
  return delta::decoder_memory(delta::kSmallProfile);
}

}  // namespace

World::World(const Scenario& scenario, uint64_t seed)
    : scenario_(scenario),
      chance_(Prng(seed)),
      self_(scheduler_.add(*this)),
      memory_(scenario.settings.chunk_max, decoder_memory()),
      keyset_(make_keyset(1)),
      broker_(std::make_unique<Broker>(scheduler_, BrokerOptions{})),
      checkers_(make_checkers()) {
  ControllerOptions options;
  options.plane.reconnect_window_s = scenario.settings.reconnect_window_s;
  controller_ = std::make_unique<ControllerHost>(
      options, ControllerSurroundings{scheduler_, *broker_, trace_, digest_kind(scenario_),
                                      chance_.split("controller"), keyset_});
  controller_->after_turn = [this] {
    for (Checker* const checker : listeners_.turns) checker->on_turn(*this);
  };
  broker_->on_publish = [this](const std::string& client, const Message& message, bool retain) {
    for (Checker* const checker : listeners_.publications) {
      checker->on_published(*this, client, message, retain);
    }
  };
  sort_listeners();
  make_devices();
  script_ = std::make_unique<Script>(*this);
  faults_ = std::make_unique<Faults>(*this);
}

World::~World() = default;

void World::sort_listeners() {
  for (const auto& checker : checkers_) {
    const uint32_t hears = checker->hears();
    const auto join = [&](Hears what, std::vector<Checker*>& list) {
      if ((hears & what) != 0) list.push_back(checker.get());
    };
    join(kHearsReports, listeners_.reports);
    join(kHearsActivations, listeners_.activations);
    join(kHearsBoots, listeners_.boots);
    join(kHearsMessages, listeners_.messages);
    join(kHearsTurns, listeners_.turns);
    join(kHearsPublications, listeners_.publications);
  }
}

std::string World::make_keyset(uint64_t epoch) const {
  const DigestKind kind = digest_kind(scenario_);
  SimHasher hasher(kind);
  SimSigner root(kind, "root", 1);
  const SimSigner release(kind, "release", 1);
  const SimSigner director(kind, "director", epoch);
  Keyset keyset;
  keyset.epoch = static_cast<uint32_t>(epoch);
  keyset.issued = WallTime{1'799'000'000'000 + static_cast<int64_t>(epoch)};
  const auto add = [&keyset](const PublicKey& key, uint8_t roles) {
    KeysetKey entry;
    entry.public_key = key;
    entry.roles = roles;
    FLOTILLA_ASSERT(keyset.keys.push_back(entry));
  };
  add(root.public_key(), kRoleRoot);
  add(release.public_key(), kRoleRelease);
  add(director.public_key(), kRoleDirector);
  Signer* const roots[] = {&root};
  const auto signed_keyset = sign_keyset(hasher, roots, keyset);
  FLOTILLA_ASSERT(signed_keyset.ok());
  return signed_keyset.value();
}

DeviceOptions World::device_options(uint32_t number, Chance& draw) const {
  const Settings& settings = scenario_.settings;
  DeviceOptions out;
  out.number = number;
  out.geometry = {settings.slot, settings.erase_unit, 1};
  edge::DeviceConfig& device = out.agent.device;
  device.device = DeviceId("dev-" + std::to_string(number));
  device.hardware_class = Name(settings.classes[number % settings.classes.size()]);
  device.software.assign_truncated("simulated");
  FLOTILLA_ASSERT(device.models.push_back(Name(kModel)));
  device.decoder_memory_limit = decoder_memory();
  device.chunk_max = settings.chunk_max;
  device.health_interval = settings.health;
  out.agent.keep_alive_s = static_cast<uint16_t>(settings.keep_alive.ms / 1000);
  out.link.latency = settings.latency;
  out.link.jitter = settings.jitter;
  out.link.bytes_per_s = settings.bandwidth;
  if (settings.drift_ppm > 0) {
    out.clock_ppm = static_cast<int32_t>(draw.below(2 * settings.drift_ppm + 1)) -
                    static_cast<int32_t>(settings.drift_ppm);
  }
  return out;
}

void World::make_devices() {
  Chance draw = chance_.split("fleet");
  for (uint32_t number = 0; number < scenario_.settings.devices; ++number) {
    const DeviceSurroundings around{scheduler_, trace_,
                                    *broker_,   pool_,
                                    catalogue_, memory_,
                                    *this,      digest_kind(scenario_),
                                    keyset_,    chance_.split("device", number)};
    devices_.push_back(std::make_unique<DeviceHost>(device_options(number, draw), around));
  }
}

void World::enrol_fleet() {
  Registrar registrar(*this);
  FLOTILLA_ASSERT(registrar.define_classes().ok());
  for (const auto& device : devices_) {
    EnrolDevice command;
    command.id = device->id();
    command.hardware_class = hardware_class_of(*device);
    command.public_key = device->public_key();
    FLOTILLA_ASSERT(controller_->execute(command, "admin").ok());
  }
}

void World::run(bool stops_at_violation) {
  controller_->start();
  enrol_fleet();
  Chance draw = chance_.split("boots");
  for (const auto& device : devices_) {
    scheduler_.after(draw.up_to(kFleetBoots), self_, kBoot, device->number());
  }
  script_->start();
  faults_->start();
  const MonoTime end = MonoTime{0} + scenario_.settings.duration;
  constexpr Duration kSlice = seconds(60);
  while (scheduler_.now() < end && !(stops_at_violation && !verdict_.ok())) {
    scheduler_.run_until(std::min(end, scheduler_.now() + kSlice));
  }
  if (stops_at_violation && !verdict_.ok()) return;
  for (const auto& checker : checkers_) checker->at_rest(*this);
}

void World::on_event(uint32_t, uint64_t value) {
  devices_[value]->boot();
}

const std::string& World::hardware_class_of(const DeviceHost& device) const {
  const auto& classes = scenario_.settings.classes;
  return classes[device.number() % classes.size()];
}

Digest World::image(const std::string& hardware_class, uint32_t number) const {
  const auto found = images_.find({hardware_class, number});
  return found == images_.end() ? Digest{} : found->second;
}

void World::remember_image(const std::string& hardware_class, uint32_t number,
                           const Digest& digest) {
  images_[{hardware_class, number}] = digest;
}

void World::violation(const Checker& checker, const std::string& what) {
  violation(checker.name(), what);
}

void World::violation(const std::string& rule, const std::string& what) {
  verdict_.add(rule, scheduler_.now(), what);
}

// ---- what devices do

void World::on_report(DeviceHost& device, const StateReport& report) {
  for (Checker* const checker : listeners_.reports) checker->on_report(*this, device, report);
}

void World::on_activated(DeviceHost& device, uint8_t, const Digest& image, const Digest& measured) {
  for (Checker* const checker : listeners_.activations)
    checker->on_activated(*this, device, image, measured);
}

void World::on_booted(DeviceHost& device, bool started) {
  if (!started) violation("safety.boots", std::string(device.id()) + " does not start");
  for (Checker* const checker : listeners_.boots) checker->on_booted(*this, device);
}

void World::on_restless(DeviceHost& device) {
  violation("liveness.rests", std::string(device.id()) + " never comes to rest");
}

void World::on_message(DeviceHost& device) {
  ++messages_;
  for (Checker* const checker : listeners_.messages) checker->on_message(*this, device);
}

}  // namespace flotilla::sim
