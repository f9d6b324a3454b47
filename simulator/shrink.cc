#include "simulator/shrink.h"

#include <algorithm>
#include <utility>

namespace flotilla::sim {
namespace {

class Shrinker {
 public:
  Shrinker(const Scenario& failing, const StillFails& still_fails, bool keeps_course,
           uint32_t max_runs)
      : still_fails_(still_fails),
        keeps_course_(keeps_course),
        max_runs_(max_runs),
        best_{failing, 0} {}

  Shrunken run() {
    for (bool smaller = true; smaller && best_.runs < max_runs_;) {
      smaller = fewer_devices();
      smaller = fewer(&Scenario::spells) || smaller;
      if (!keeps_course_) smaller = fewer(&Scenario::steps) || smaller;
      smaller = fewer(&Scenario::expects) || smaller;
      smaller = shorter_spells() || smaller;
      if (!keeps_course_) smaller = less_time() || smaller;
    }
    return std::move(best_);
  }

 private:
  bool accept(Scenario candidate) {
    if (best_.runs >= max_runs_) return false;
    ++best_.runs;
    if (!still_fails_(candidate)) return false;
    best_.scenario = std::move(candidate);
    return true;
  }

  /// The smallest first: a failure that one device shows is the easiest to read.
  bool fewer_devices() {
    for (uint32_t devices = 1; devices < best_.scenario.settings.devices; devices *= 2) {
      Scenario candidate = best_.scenario;
      candidate.settings.devices = devices;
      if (accept(std::move(candidate))) return true;
    }
    return false;
  }

  /// Takes out pieces of the list: all of it, halves, quarters, single lines.
  template <typename Line>
  bool fewer(std::vector<Line> Scenario::*list) {
    bool smaller = false;
    for (size_t piece = (best_.scenario.*list).size(); piece > 0; piece /= 2) {
      for (size_t at = 0; at < (best_.scenario.*list).size();) {
        Scenario candidate = best_.scenario;
        auto& lines = candidate.*list;
        const size_t end = std::min(at + piece, lines.size());
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at),
                    lines.begin() + static_cast<std::ptrdiff_t>(end));
        if (accept(std::move(candidate))) {
          smaller = true;
        } else {
          at += piece;
        }
      }
    }
    return smaller;
  }

  bool shorter_spells() {
    bool smaller = false;
    for (size_t i = 0; i < best_.scenario.spells.size(); ++i) {
      for (const bool first_half : {true, false}) {
        Scenario candidate = best_.scenario;
        Spell& spell = candidate.spells[i];
        const Duration middle{(spell.from.ms + spell.to.ms) / 2};
        if (spell.to.ms - spell.from.ms < 2 * kShortest.ms) continue;
        (first_half ? spell.to : spell.from) = middle;
        smaller = accept(std::move(candidate)) || smaller;
      }
    }
    return smaller;
  }

  bool less_time() {
    Scenario candidate = best_.scenario;
    candidate.settings.duration = {best_.scenario.settings.duration.ms / 2};
    return candidate.settings.duration.ms >= kShortest.ms && accept(std::move(candidate));
  }

  static constexpr Duration kShortest = seconds(60);

  const StillFails& still_fails_;
  const bool keeps_course_;
  const uint32_t max_runs_;
  Shrunken best_;
};

}  // namespace

Shrunken shrink(const Scenario& failing, const StillFails& still_fails, bool keeps_course,
                uint32_t max_runs) {
  return Shrinker(failing, still_fails, keeps_course, max_runs).run();
}

}  // namespace flotilla::sim
