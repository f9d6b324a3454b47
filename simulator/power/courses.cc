#include "simulator/power/courses.h"

#include <map>
#include <tuple>

namespace flotilla::edge::test {
namespace {

const std::vector<uint8_t>& image(const CourseSize& size, int version) {
  static std::map<std::pair<size_t, int>, std::vector<uint8_t>> made;
  std::vector<uint8_t>& out = made[{size.image, version}];
  if (!out.empty()) return out;
  out = version == 1 ? make_image(1, size.image) : vary(image(size, 1), 2);
  return out;
}

/// Encoding and proving take longer than a whole course, and are the same in all of them.
const Publication& publication(World& world, const CourseSize& size, int version, bool as_delta) {
  static std::map<std::tuple<size_t, uint32_t, int, bool>, Publication> made;
  const auto key = std::tuple{size.image, size.range, version, as_delta};
  if (made.count(key) == 0) {
    made[key] = world.publish(image(size, version), static_cast<uint32_t>(version),
                              as_delta ? &image(size, 1) : nullptr, size.range);
  }
  world.allow(image(size, version));
  world.put(made[key]);
  return made[key];
}

Directive first_directive(World& world, const CourseSize& size, uint64_t seq, uint32_t rollout) {
  return world.publisher.directive_value(publication(world, size, 1, false), seq, rollout);
}

/// Version 2 as a delta from version 1 and as a full payload.
Directive second_directive(World& world, const CourseSize& size) {
  const Publication& full = publication(world, size, 2, false);
  const Publication& delta = publication(world, size, 2, true);
  Directive directive = world.publisher.directive_value(full, 2, 2);
  directive.offers.clear();
  (void)directive.offers.push_back({world.crypto.digest_of(image(size, 1)), delta.id});
  (void)directive.offers.push_back({Digest{}, full.id});
  directive.floor = 2;
  return directive;
}

void must(World& world, bool done, const char* what) {
  if (!done) world.breaches.push_back(std::string("preparation: ") + what);
}

bool runs(World& world, const CourseSize& size, int version, UpdateState state, uint32_t rollout) {
  return world.update_state() == state && world.state().rollout == rollout &&
         world.active_digest() == world.crypto.digest_of(image(size, version)) &&
         world.runtime.app(0).loaded == world.active_digest();
}

std::function<void(World&)> first_installed(const CourseSize& size) {
  return [size](World& world) {
    must(world, world.boot().ok(), "boot");
    world.connect();
    world.send(first_directive(world, size, 1, 1));
    must(world, world.run_until([&] { return world.update_state() == UpdateState::kConfirmed; }),
         "version 1 is confirmed");
  };
}

Scenario make(const char* name, const CourseSize& size, bool installed) {
  Scenario out;
  out.name = name;
  out.options.geometry.size = (size.image + 4095) / 4096 * 4096;
  out.prepare = installed ? first_installed(size) : [](World&) {};
  out.chunks = static_cast<uint32_t>((size.image + size.range - 1) / size.range);
  return out;
}

Scenario first_install(const CourseSize& size) {
  Scenario out = make("first install", size, false);
  out.tell = [size](World& world) { world.send(first_directive(world, size, 1, 1)); };
  out.reached = [size](World& world) { return runs(world, size, 1, UpdateState::kConfirmed, 1); };
  return out;
}

Scenario delta_update(const CourseSize& size) {
  Scenario out = make("delta update", size, true);
  out.tell = [size](World& world) { world.send(second_directive(world, size)); };
  out.reached = [size](World& world) {
    return runs(world, size, 2, UpdateState::kConfirmed, 2) && world.state().floor == 2;
  };
  return out;
}

Scenario revert(const CourseSize& size) {
  Scenario out = make("revert", size, true);
  out.tell = [size](World& world) {
    const Digest bad = world.crypto.digest_of(image(size, 2));
    world.runtime.judge = [bad](uint8_t, HealthSample& sample) {
      if (sample.loaded_digest == bad) sample.healthy = false;
    };
    world.send(second_directive(world, size));
  };
  out.reached = [size](World& world) { return runs(world, size, 1, UpdateState::kReverted, 2); };
  return out;
}

Scenario revert_to_nothing(const CourseSize& size) {
  Scenario out = make("revert to nothing", size, false);
  out.tell = [size](World& world) {
    world.runtime.judge = [](uint8_t, HealthSample& sample) { sample.healthy = false; };
    world.send(first_directive(world, size, 1, 1));
  };
  out.reached = [](World& world) {
    return world.update_state() == UpdateState::kReverted &&
           world.runtime.app(0).slot == Slot::kNone && !world.runtime.app(0).running;
  };
  return out;
}

Scenario rollback(const CourseSize& size) {
  Scenario out = make("rollback", size, true);
  out.chunks = 0;
  out.prepare = [size, before = out.prepare](World& world) {
    before(world);
    Directive directive = second_directive(world, size);
    directive.floor = 0;
    world.send(directive);
    must(world, world.run_until([&] { return runs(world, size, 2, UpdateState::kConfirmed, 2); }),
         "version 2 is confirmed");
  };
  out.tell = [size](World& world) {
    Directive directive = first_directive(world, size, 3, 2);
    directive.verb = Verb::kRollback;
    world.send(directive);
  };
  out.reached = [size](World& world) { return runs(world, size, 1, UpdateState::kConfirmed, 2); };
  return out;
}

/// Version 2 runs, and a directive that offers nothing revokes it.
Scenario revocation(const CourseSize& size) {
  Scenario out = rollback(size);
  out.name = "revocation";
  out.tell = [size](World& world) {
    Directive directive = first_directive(world, size, 3, 2);
    directive.verb = Verb::kHold;
    directive.offers.clear();
    const Digest bad = world.crypto.digest_of(image(size, 2));
    directive.revoked = bad.view();
    world.send(directive);
  };
  out.reached = [size](World& world) { return runs(world, size, 1, UpdateState::kConfirmed, 0); };
  return out;
}

Scenario keyset_and_update(const CourseSize& size) {
  Scenario out = make("keyset and update", size, true);
  out.tell = [size](World& world) {
    const auto next = world.publisher.keyset(world.publisher.keyset_value(2), {Publisher::root()});
    world.device().on_keyset(next.view(), world.now);
    Directive directive = second_directive(world, size);
    directive.epoch = 2;
    world.send(directive);
  };
  out.reached = [size](World& world) { return runs(world, size, 2, UpdateState::kConfirmed, 2); };
  return out;
}

}  // namespace

std::vector<Scenario> make_courses(const CourseSize& size) {
  return {first_install(size), delta_update(size),      revert(size),    revert_to_nothing(size),
          rollback(size),      keyset_and_update(size), revocation(size)};
}

Scenario delta_only(const CourseSize& size) {
  Scenario out = delta_update(size);
  out.name = "delta install";
  out.tell = [size](World& world) {
    Directive directive = second_directive(world, size);
    const Offer delta = directive.offers[0];
    directive.offers.clear();
    (void)directive.offers.push_back(delta);
    world.send(directive);
  };
  return out;
}

std::vector<PlantedDefect> planted_defects() {
  return {
      {"no sync of the boot record", Unsynced::kBlock,
       [](World& world) {
         world.interpose(std::make_shared<NoJournalSync>(world.journal, true), nullptr);
       }},
      {"no sync of the progress log", Unsynced::kBlock,
       [](World& world) {
         world.interpose(std::make_shared<NoJournalSync>(world.journal, false), nullptr);
       }},
      {"no sync of the slot", Unsynced::kBlock,
       [](World& world) { world.interpose(nullptr, std::make_shared<NoSlotSync>(world.storage)); }},
      {"slot sync and boot record swapped", Unsynced::kBlock,
       [](World& world) {
         const auto late = std::make_shared<LateSync>();
         world.interpose(std::make_shared<RecordBeforeSlotSync>(world.journal, world.storage, late),
                         std::make_shared<SlotSyncAfterRecord>(world.storage, late));
       }},
      {"erasing the other copy and writing the record swapped", Unsynced::kNor,
       [](World& world) {
         world.interpose(std::make_shared<OtherCopyErasedFirst>(world.journal), nullptr);
       }},
      {"no checksum of the boot record", Unsynced::kNor,
       [](World& world) {
         world.interpose(std::make_shared<NoRecordChecksum>(world.journal), nullptr);
       }},
      {"no digest of resumed chunks, no sync of the slot", Unsynced::kBlock,
       [](World& world) {
         world.interpose(std::make_shared<BelievesProgress>(world.journal, world),
                         std::make_shared<NoSlotSync>(world.storage));
       }},
  };
}

}  // namespace flotilla::edge::test
