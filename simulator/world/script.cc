#include "simulator/world/script.h"

#include <algorithm>

#include "simulator/world/world.h"

namespace flotilla::sim {

using namespace controller;

namespace {

constexpr Duration kTryAgain = seconds(5);
constexpr uint64_t kRemembers = 1;

std::optional<RolloutVerb> parse_verb(const std::string& text) {
  if (text == "hold") return RolloutVerb::kHold;
  if (text == "resume") return RolloutVerb::kResume;
  if (text == "halt") return RolloutVerb::kHalt;
  if (text == "rollback") return RolloutVerb::kRollback;
  if (text == "cancel") return RolloutVerb::kCancel;
  return std::nullopt;
}

}  // namespace

Script::Script(World& world)
    : world_(world), registrar_(world), self_(world.scheduler().add(*this)) {}

void Script::start() {
  const auto& steps = world_.scenario().steps;
  for (size_t i = 0; i < steps.size(); ++i) {
    world_.scheduler().at(MonoTime{0} + steps[i].at, self_, kStep, i);
  }
}

void Script::on_event(uint32_t kind, uint64_t value) {
  switch (static_cast<Kind>(kind)) {
    case kStep: {
      const Step& step = world_.scenario().steps[value];
      // Who waits does so behind those who waited before.
      const bool waits = step.words.word("may", "") == "wait";
      if (waits && !waiting_.empty() && *waiting_.begin() < value) {
        waiting_.insert(value);
        return world_.scheduler().after(kTryAgain, self_, kStep, value);
      }
      const Status status = run(step.words);
      const bool later = status.code() == Code::kUnavailable ||
                         status.code() == Code::kResourceExhausted || (!status.ok() && waits);
      waiting_.erase(value);
      if (later && waits) waiting_.insert(value);
      if (later) {
        tried_.insert(value);
        return world_.scheduler().after(kTryAgain, self_, kStep, value);
      }
      // The answer to an earlier try may have been lost: what the scenario expects will tell.
      const bool may_fail = step.words.named.contains("may") || tried_.contains(value);
      if (!status.ok() && !may_fail) {
        world_.violation("script", "'" + step.words.at(0) + " " + step.words.at(1) +
                                       "' was refused: " + status.reason());
      }
      return;
    }
    case kBrokerBack:
      return world_.broker().start(value == kRemembers);
    case kBack:
      return world_.devices()[value]->set_reachable(true, true);
    case kCycle:
      return world_.devices()[value >> 32]->power_cycle(
          milliseconds(static_cast<int64_t>(value & UINT32_MAX)));
  }
}

Status Script::run(const Words& words) {
  const std::string verb = words.at(0);
  if (verb == "publish") return registrar_.publish(words);
  if (verb == "rollout") return rollout(words);
  if (verb == "revoke") return revoke(words);
  if (parse_verb(verb)) return operate(words);
  if (verb == "broker") {
    broker(words);
  } else if (verb == "controller") {
    world_.controller().kill(words.span("down", seconds(5)));
  } else if (verb == "away") {
    away(words);
  } else if (verb == "storm") {
    storm(words);
  } else if (verb == "lose_journals") {
    lose_journals(words);
  } else if (verb == "rotate_keys") {
    ++epoch_;
    world_.controller().rotate_director(epoch_, world_.make_keyset(epoch_),
                                        words.span("down", seconds(5)));
  } else if (verb == "software") {
    for (const uint32_t device : share(words, "software")) {
      world_.devices()[device]->install_software(words.word("name", "another"));
    }
  } else if (verb == "forget_retained") {
    world_.broker().forget_retained();
  } else {
    return {Code::kInvalidArgument, "no such step"};
  }
  return ok_status();
}

Status Script::rollout(const Words& words) {
  StartRollout command;
  command.model = World::kModel;
  command.version = static_cast<uint32_t>(parse_number(words.at(1)).value_or(1));
  RolloutPolicy& policy = command.policy;
  policy.canary_percent = static_cast<uint32_t>(words.number("canary", policy.canary_percent));
  policy.max_failure_percent =
      static_cast<uint32_t>(words.number("max_failure", policy.max_failure_percent));
  policy.min_attempted = static_cast<uint32_t>(words.number("min_attempted", 1));
  policy.soak_s = static_cast<uint32_t>(words.span("soak", seconds(policy.soak_s)).ms / 1000);
  policy.healthy_for_s =
      static_cast<uint32_t>(words.span("healthy_for", seconds(policy.healthy_for_s)).ms / 1000);
  policy.start_window_s = static_cast<uint32_t>(words.span("start_window", seconds(0)).ms / 1000);
  Chance salt = world_.chance().split("salt", command.version);
  for (uint8_t& byte : command.salt) byte = static_cast<uint8_t>(salt.below(256));
  return world_.controller().execute(command, "operator");
}

Status Script::operate(const Words& words) {
  OperateRollout command;
  command.rollout = static_cast<uint32_t>(parse_number(words.at(1)).value_or(1));
  command.verb = *parse_verb(words.at(0));
  command.reason = "the scenario says so";
  return world_.controller().execute(command, "operator");
}

Status Script::revoke(const Words& words) {
  ChangeRelease command;
  command.model = World::kModel;
  command.version = static_cast<uint32_t>(parse_number(words.at(1)).value_or(1));
  command.hardware_classes = world_.scenario().settings.classes;
  command.to = ReleaseState::kRevoked;
  command.reason = "the scenario says so";
  return world_.controller().execute(command, "operator");
}

void Script::broker(const Words& words) {
  world_.broker().stop();
  const bool remembers = words.word("memory", "keeps") == "keeps";
  world_.scheduler().after(words.span("down", seconds(10)), self_, kBrokerBack,
                           remembers ? kRemembers : 0);
}

std::vector<uint32_t> Script::share(const Words& words, const std::string& stream) const {
  const uint64_t percent = parse_number(words.at(1)).value_or(100);
  Chance draw =
      world_.chance().split("share " + stream, static_cast<uint64_t>(world_.scheduler().now().ms));
  std::vector<uint32_t> out;
  for (uint32_t i = 0; i < world_.devices().size(); ++i) {
    if (draw.below(100) < percent) out.push_back(i);
  }
  return out;
}

void Script::away(const Words& words) {
  const bool noticed = words.word("how", "noticed") == "noticed";
  for (const uint32_t device : share(words, "away")) {
    world_.devices()[device]->set_reachable(false, noticed);
    world_.scheduler().after(words.span("for", seconds(600)), self_, kBack, device);
  }
}

/// The supply flickers: each device of the share goes down `times` times within `within`.
void Script::storm(const Words& words) {
  Chance draw = world_.chance().split("storm", static_cast<uint64_t>(world_.scheduler().now().ms));
  const uint64_t times = words.number("times", 1);
  for (const uint32_t device : share(words, "storm")) {
    for (uint64_t i = 0; i < times; ++i) {
      const Duration when = draw.up_to(words.span("within", seconds(60)));
      const Duration down = seconds(1) + draw.up_to(words.span("down", seconds(20)));
      world_.scheduler().after(when, self_, kCycle,
                               uint64_t{device} << 32 | static_cast<uint64_t>(down.ms));
    }
  }
}

void Script::lose_journals(const Words& words) {
  for (const uint32_t device : share(words, "journals")) world_.devices()[device]->lose_journal();
}

}  // namespace flotilla::sim
