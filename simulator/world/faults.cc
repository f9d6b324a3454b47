#include "simulator/world/faults.h"

#include <algorithm>
#include <optional>

#include "simulator/world/world.h"

namespace flotilla::sim {

using namespace controller;

namespace {

constexpr size_t kHeard = 64;
constexpr uint32_t kNoDevice = UINT32_MAX;

uint64_t pack(uint32_t index, uint32_t device) {
  return uint64_t{index} << 32 | device;
}

}  // namespace

Faults::Faults(World& world)
    : world_(world), hostile_(world), self_(world.scheduler().add(*this)) {}

const std::map<std::string, Faults::Family>& Faults::families() {
  static const std::map<std::string, Family> table = {
      {"lose", Family::kLose},
      {"double", Family::kDouble},
      {"swap", Family::kSwap},
      {"replay", Family::kReplay},
      {"drops", Family::kDrops},
      {"outages", Family::kOutages},
      {"power_cuts", Family::kPowerCuts},
      {"controller_crashes", Family::kControllerCrashes},
      {"controller_link", Family::kControllerLink},
      {"store_faults", Family::kStoreFaults},
      {"broker_restarts", Family::kBrokerRestarts},
      {"wall_jumps", Family::kWallJumps},
      {"operator", Family::kOperator},
      {"site_outages", Family::kSiteOutages},
      {"vandal", Family::kVandal},
      {"flood", Family::kFlood},
      {"thief", Family::kThief},
      {"disk_full", Family::kDiskFull},
      {"bit_flips", Family::kBitFlips},
  };
  return table;
}

void Faults::start() {
  const auto& spells = world_.scenario().spells;
  for (uint32_t i = 0; i < spells.size(); ++i) {
    const std::string name = spells[i].words.at(0);
    const auto found = families().find(name);
    if (found == families().end()) {
      world_.violation("script", "no such fault: " + name);
      continue;
    }
    const auto index = static_cast<uint32_t>(active_.size());
    active_.push_back({found->second, spells[i], world_.chance().split("fault " + name, i)});
    world_.scheduler().at(MonoTime{0} + spells[i].from, self_, kBegin, pack(index, kNoDevice));
  }
  if (active_.empty()) return;
  world_.broker().mischief = [this](const Message& message) { return mischief(message); };
}

bool Faults::running(const Active& active) const {
  const Duration now{world_.scheduler().now().ms};
  return active.spell.from <= now && now < active.spell.to;
}

void Faults::on_event(uint32_t kind, uint64_t value) {
  const auto index = static_cast<uint32_t>(value >> 32);
  const auto device = static_cast<uint32_t>(value);
  switch (static_cast<Kind>(kind)) {
    case kBegin:
      return begin(index);
    case kNext:
      return next(index, device);
    case kBack:
      return world_.devices()[device]->set_reachable(true, true);
    case kBrokerBack:
      return world_.broker().start(device == 1);
    case kSiteBack:
      return site(active_[index], index, device, true);
    case kRoomBack:
      return world_.devices()[device]->medium().set_full(false);
    case kLinkBack:
      return world_.controller().set_reachable(true, true);
  }
}

void Faults::begin(uint32_t index) {
  const Family family = active_[index].family;
  if (family <= Family::kSwap) return;  // asked for by the broker
  const bool of_devices = family == Family::kDrops || family == Family::kOutages ||
                          family == Family::kPowerCuts || family == Family::kDiskFull ||
                          family == Family::kBitFlips;
  if (!of_devices) return again(index, kNoDevice);
  for (uint32_t device = 0; device < world_.devices().size(); ++device) again(index, device);
}

void Faults::again(uint32_t index, uint32_t device) {
  Active& active = active_[index];
  const Duration mean = active.spell.words.span("mean", seconds(3600));
  const Duration wait = active.chance.exponential(mean);
  world_.scheduler().after(wait, self_, kNext, pack(index, device));
}

void Faults::next(uint32_t index, uint32_t device) {
  Active& active = active_[index];
  if (!running(active)) return;
  world_.trace().note(TraceKind::kFault, pack(index, device));
  if (device == kNoDevice) {
    strike(active, index, device);
  } else {
    strike_device(active, index, device);
  }
  again(index, device);
}

void Faults::strike_device(Active& active, uint32_t index, uint32_t device) {
  DeviceHost& host = *world_.devices()[device];
  const Words& words = active.spell.words;
  const bool noticed = active.chance.below(100) >= words.number("half_open", 50);
  if (active.family == Family::kBitFlips) return host.flip_bit(active.chance);
  if (active.family == Family::kDiskFull) {
    host.medium().set_full(true);
    const Duration length = active.chance.exponential(words.span("length", seconds(300)));
    const Duration left = milliseconds(active.spell.to.ms - world_.scheduler().now().ms);
    return world_.scheduler().after(std::min(length, left), self_, kRoomBack, pack(index, device));
  }
  if (active.family == Family::kDrops) return host.drop_connection(noticed);
  if (active.family == Family::kOutages) {
    host.set_reachable(false, noticed);
    const Duration length = active.chance.exponential(words.span("length", seconds(300)));
    const Duration left = milliseconds(active.spell.to.ms - world_.scheduler().now().ms);
    return world_.scheduler().after(std::min(length, left), self_, kBack, pack(index, device));
  }
  const Duration down = seconds(1) + active.chance.up_to(words.span("down", seconds(30)));
  if (active.chance.below(2) == 0) return host.power_cycle(down);
  host.cut_power_after(active.chance.below(20), down);
}

void Faults::strike(Active& active, uint32_t index, uint32_t) {
  const Words& words = active.spell.words;
  switch (active.family) {
    case Family::kReplay:
      return replay(active);
    case Family::kControllerCrashes:
      return crash_controller(active);
    case Family::kControllerLink:
      world_.controller().set_reachable(false, active.chance.below(2) == 0);
      return world_.scheduler().after(active.chance.exponential(words.span("length", seconds(60))),
                                      self_, kLinkBack, pack(index, 0));
    case Family::kStoreFaults: {
      const uint32_t kind = 1 + active.chance.below(3);
      return world_.controller().store().fail_next(static_cast<ForgetfulStore::Fault>(kind));
    }
    case Family::kBrokerRestarts: {
      if (!world_.broker().running()) return;
      const bool keeps = active.chance.below(100) >= words.number("forgets", 50);
      world_.broker().stop();
      return world_.scheduler().after(
          seconds(1) + active.chance.up_to(words.span("down", seconds(60))), self_, kBrokerBack,
          pack(index, keeps ? 1 : 0));
    }
    case Family::kWallJumps: {
      const Duration by = active.chance.up_to(words.span("by", seconds(3600)));
      const bool back = active.chance.below(2) == 0;
      return world_.controller().jump_wall_clock({back ? -by.ms : by.ms});
    }
    case Family::kOperator:
      return operate(active);
    case Family::kSiteOutages:
      return site(active, index,
                  active.chance.below(static_cast<uint32_t>(words.number("sites", 4))), false);
    case Family::kVandal:
      return hostile_.spoil_payload(active.chance);
    case Family::kThief:
      return hostile_.overtake_directive(active.chance);
    case Family::kFlood:
      return hostile_.flood(active.chance, static_cast<uint32_t>(words.number("count", 100)),
                            heard_);
    case Family::kLose:
    case Family::kDouble:
    case Family::kSwap:
    case Family::kDrops:
    case Family::kOutages:
    case Family::kPowerCuts:
    case Family::kDiskFull:
    case Family::kBitFlips:
      return;
  }
}

void Faults::crash_controller(Active& active) {
  const Duration down =
      seconds(1) + active.chance.up_to(active.spell.words.span("down", seconds(30)));
  const uint32_t how = active.chance.below(4);
  if (how == 3) return world_.controller().kill(down);
  world_.controller().die_at(static_cast<CrashPoint>(how), active.chance.below(20), down);
}

/// Any verb on any rollout, allowed or not.
void Faults::operate(Active& active) {
  const ControlPlane* plane = world_.controller().plane();
  if (plane == nullptr || plane->rollouts().empty()) return;
  OperateRollout command;
  command.rollout = 1 + active.chance.below(static_cast<uint32_t>(plane->rollouts().size()));
  const uint32_t verbs = static_cast<uint32_t>(active.spell.words.number("verbs", 2));
  command.verb = static_cast<RolloutVerb>(active.chance.below(verbs));
  command.reason = "somebody played with the verbs";
  (void)world_.controller().execute(command, "operator");
}

/// Somebody who listened sends an old message once more.
void Faults::replay(Active& active) {
  if (heard_.empty() || !world_.broker().running()) return;
  const Message& old = heard_[active.chance.below(static_cast<uint32_t>(heard_.size()))];
  PublishRequest request;
  request.topic = old.topic;
  request.payload = old.payload;
  hostile_.publish("listener", std::move(request));
}

/// Devices share the uplink of their site: the same number modulo the number of sites.
void Faults::site(Active& active, uint32_t index, uint32_t number, bool back) {
  const auto sites = static_cast<uint32_t>(active.spell.words.number("sites", 4));
  const bool noticed =
      !back && active.chance.below(100) >= active.spell.words.number("half_open", 50);
  for (const auto& device : world_.devices()) {
    if (device->number() % sites == number) device->set_reachable(back, noticed);
  }
  if (back) return;
  const Duration length =
      active.chance.exponential(active.spell.words.span("length", seconds(600)));
  const Duration left = milliseconds(active.spell.to.ms - world_.scheduler().now().ms);
  world_.scheduler().after(std::min(length, left), self_, kSiteBack, pack(index, number));
}

Mischief Faults::mischief(const Message& message) {
  for (Active& active : active_) {
    if (!running(active)) continue;
    const bool listens = active.family == Family::kReplay || active.family == Family::kFlood;
    if (listens && active.chance.below(8) == 0) {
      heard_.push_back(message);
      if (heard_.size() > kHeard) heard_.pop_front();
    }
    if (active.family > Family::kSwap) continue;
    const auto ppm = static_cast<uint32_t>(parse_number(active.spell.words.at(1)).value_or(0));
    if (!active.chance.happens(ppm)) continue;
    if (active.family == Family::kLose) return Mischief::kLose;
    return active.family == Family::kDouble ? Mischief::kDouble : Mischief::kSwap;
  }
  return Mischief::kNone;
}

}  // namespace flotilla::sim
