#include "tests/support/edge_power_cuts.h"

#include <sstream>
#include <vector>

namespace flotilla::edge::test {
namespace {

struct Cut {
  uint64_t operation = 0;
  CutPoint point = CutPoint::kBefore;
  Unsynced unsynced = Unsynced::kKept;
  uint64_t seed = 0;
};

constexpr Duration kPatience = seconds(7200);

/// One process: boots, connects and goes on until the goal, the cut, or patience ends.
bool live(const Scenario& scenario, World& world) {
  const Status status = world.boot();
  if (world.power.is_off()) return false;
  if (!status.ok()) {
    world.breaches.push_back(std::string("boot failed: ") + status.reason());
    return false;
  }
  world.connect();
  if (world.power.is_off()) return false;
  scenario.tell(world);
  return world.run_until([&] { return scenario.reached(world); }, kPatience);
}

std::string describe(const std::vector<Cut>& cuts) {
  std::ostringstream text;
  for (const Cut& cut : cuts) {
    text << " [op " << cut.operation << " point " << static_cast<int>(cut.point) << " unsynced "
         << static_cast<int>(cut.unsynced) << " seed " << cut.seed << "]";
  }
  return text.str();
}

/// Plays the course with these cuts and a last, undisturbed life. Empty when all is well.
/// `operations`: of the last life.
std::string play(const Scenario& scenario, const std::vector<Cut>& cuts, uint64_t& operations) {
  World world(scenario.options);
  scenario.prepare(world);
  world.power_cycle();
  const uint32_t erased_before = world.storage.erases;
  bool reached = false;
  for (const Cut& cut : cuts) {
    world.power.cut_at(cut.operation, cut.point, cut.unsynced, cut.seed);
    reached = live(scenario, world);
    world.power_cycle();
  }
  world.power.never_cut();
  if (!reached || !cuts.empty()) reached = live(scenario, world);
  operations = world.power.operations();
  if (!world.breaches.empty()) return world.breaches.front();
  if (!reached) return "the goal was not reached";
  const uint64_t erased = world.storage.erases - erased_before;
  if (erased > scenario.chunks + cuts.size()) return "finished chunks were fetched again";
  world.power_cycle();
  if (!live(scenario, world)) return "the goal was lost again";
  return world.breaches.empty() ? "" : world.breaches.front();
}

void judge(const Scenario& scenario, const std::vector<Cut>& cuts, const std::string& verdict,
           CutCount& count) {
  if (verdict.empty()) return;
  if (count.failed++ == 0) count.first_failure = scenario.name + ": " + verdict + describe(cuts);
}

}  // namespace

CutCount enumerate_cuts(const Scenario& scenario, uint32_t second_cuts, uint64_t seed) {
  CutCount count;
  Prng random(seed);
  judge(scenario, {}, play(scenario, {}, count.operations), count);
  for (uint64_t operation = 0; operation < count.operations; ++operation) {
    for (const CutPoint point : {CutPoint::kBefore, CutPoint::kInside, CutPoint::kAfter}) {
      for (const Unsynced unsynced : {Unsynced::kKept, Unsynced::kScrambled}) {
        const Cut first{operation, point, unsynced, random.next()};
        uint64_t recovery = 0;
        judge(scenario, {first}, play(scenario, {first}, recovery), count);
        ++count.single;
        for (uint32_t i = 0; i < second_cuts; ++i) {
          const uint32_t at = random.below(static_cast<uint32_t>(recovery));
          const CutPoint where = static_cast<CutPoint>(random.below(3));
          const Unsynced what = static_cast<Unsynced>(random.below(2));
          const Cut second{at, where, what, random.next()};
          uint64_t ignored = 0;
          judge(scenario, {first, second}, play(scenario, {first, second}, ignored), count);
          ++count.twice;
        }
      }
    }
  }
  return count;
}

}  // namespace flotilla::edge::test
