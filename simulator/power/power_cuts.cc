#include "simulator/power/power_cuts.h"

#include <sstream>
#include <vector>

namespace flotilla::edge::test {
namespace {

struct Cut {
  uint64_t operation = 0;
  CutPoint point = CutPoint::kBefore;
  Unsynced unsynced = Unsynced::kKept;
  uint64_t seed = 0;
  size_t byte = SIZE_MAX;  ///< kInside: SIZE_MAX for anywhere
};

void arm(Power& power, const Cut& cut) {
  if (cut.byte == SIZE_MAX) {
    power.cut_at(cut.operation, cut.point, cut.unsynced, cut.seed);
  } else {
    power.cut_inside(cut.operation, cut.byte, cut.unsynced, cut.seed);
  }
}

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
         << static_cast<int>(cut.unsynced) << " seed " << cut.seed;
    if (cut.byte != SIZE_MAX) text << " byte " << cut.byte;
    text << "]";
  }
  return text.str();
}

/// Plays the course with these cuts and a last, undisturbed life. Empty when all is well.
/// `sizes`: bytes written by each operation of the last life.
std::string play(const Scenario& scenario, const std::vector<Cut>& cuts,
                 std::vector<size_t>& sizes) {
  World world(scenario.options);
  scenario.prepare(world);
  if (scenario.plant) scenario.plant(world);
  world.power_cycle();
  const uint32_t erased_before = world.storage.erases;
  bool reached = false;
  for (const Cut& cut : cuts) {
    arm(world.power, cut);
    reached = live(scenario, world);
    world.power_cycle();
  }
  world.power.never_cut();
  if (!reached || !cuts.empty()) reached = live(scenario, world);
  sizes = world.power.sizes();
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
  std::vector<size_t> sizes;
  judge(scenario, {}, play(scenario, {}, sizes), count);
  count.operations = sizes.size();
  for (uint64_t operation = 0; operation < count.operations; ++operation) {
    for (const CutPoint point : {CutPoint::kBefore, CutPoint::kInside, CutPoint::kAfter}) {
      for (const Unsynced unsynced : {Unsynced::kKept, Unsynced::kScrambled}) {
        const Cut first{operation, point, unsynced, random.next()};
        std::vector<size_t> recovery;
        judge(scenario, {first}, play(scenario, {first}, recovery), count);
        ++count.single;
        for (uint32_t i = 0; i < second_cuts; ++i) {
          const uint32_t at = random.below(static_cast<uint32_t>(recovery.size()));
          const CutPoint where = static_cast<CutPoint>(random.below(3));
          const Unsynced what = static_cast<Unsynced>(random.below(2));
          const Cut second{at, where, what, random.next()};
          std::vector<size_t> ignored;
          judge(scenario, {first, second}, play(scenario, {first, second}, ignored), count);
          ++count.twice;
        }
      }
    }
  }
  return count;
}

namespace {

/// Every cut of one operation that writes `size` bytes, or none but erases or syncs.
std::vector<Cut> cuts_of(uint64_t operation, size_t size, const ByteCuts& how, Prng& random) {
  std::vector<Cut> cuts;
  for (const CutPoint point : {CutPoint::kBefore, CutPoint::kInside, CutPoint::kAfter}) {
    cuts.push_back({operation, point, how.medium, random.next()});
  }
  const size_t phase = random.below(how.stride);
  for (size_t byte = phase; byte < size; byte += how.stride) {
    cuts.push_back({operation, CutPoint::kInside, how.medium, random.next(), byte});
  }
  return cuts;
}

Cut random_cut(const std::vector<size_t>& sizes, const ByteCuts& how, Prng& random) {
  const uint32_t at = random.below(static_cast<uint32_t>(sizes.size()));
  Cut cut{at, static_cast<CutPoint>(random.below(3)), how.medium, random.next()};
  if (cut.point == CutPoint::kInside && sizes[at] != 0) {
    cut.byte = random.below(static_cast<uint32_t>(sizes[at]));
  }
  return cut;
}

}  // namespace

CutCount enumerate_bytes(const Scenario& scenario, const ByteCuts& how) {
  CutCount count;
  Prng random(how.seed);
  std::vector<size_t> sizes;
  judge(scenario, {}, play(scenario, {}, sizes), count);
  count.operations = sizes.size();
  for (uint64_t operation = 0; operation < count.operations; ++operation) {
    for (const Cut& first : cuts_of(operation, sizes[operation], how, random)) {
      if (count.failed > 0 && how.stops_at_first_failure) return count;
      std::vector<size_t> recovery;
      judge(scenario, {first}, play(scenario, {first}, recovery), count);
      ++count.single;
      if (first.byte != SIZE_MAX) ++count.bytes;
      if (recovery.empty() || random.below(how.second_each) != 0) continue;
      const Cut second = random_cut(recovery, how, random);
      std::vector<size_t> ignored;
      judge(scenario, {first, second}, play(scenario, {first, second}, ignored), count);
      ++count.twice;
    }
  }
  return count;
}

}  // namespace flotilla::edge::test
