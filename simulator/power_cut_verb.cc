#include "simulator/power_cut_verb.h"

#include <chrono>
#include <cstdio>

#include "simulator/power/courses.h"
#include "simulator/world/scenario.h"

namespace flotilla::sim {

using namespace edge::test;

namespace {

constexpr const char* kUsage =
    "flotilla-sim power-cut [--image BYTES] [--stride N] [--second-each N] [--seed N]\n"
    "                       [--course NAME] [--passes N] [--no-mutants]\n"
    "  --stride       cut before every Nth byte (1: every byte)\n"
    "  --second-each  a second cut, during recovery, after each Nth first one\n"
    "  --passes       as often, with other seeds for what becomes of unsynced bytes\n";

struct Arguments {
  CourseSize size;
  ByteCuts how;
  std::string course;
  uint64_t passes = 1;
  bool mutants = true;
};

struct Totals {
  uint64_t cases = 0;
  uint64_t failed = 0;
};

bool parse(const std::vector<std::string>& arguments, Arguments& out) {
  for (size_t at = 0; at < arguments.size(); ++at) {
    const std::string& word = arguments[at];
    if (word == "--no-mutants") {
      out.mutants = false;
      continue;
    }
    if (at + 1 >= arguments.size()) return false;
    const std::string& value = arguments[++at];
    if (word == "--course") {
      out.course = value;
      continue;
    }
    const auto number = parse_number(value);
    if (!number || *number == 0) return false;
    if (word == "--image") {
      out.size.image = *number;
      out.size.range = out.size.image > 4096 ? 1024 : 128;
    } else if (word == "--stride") {
      out.how.stride = static_cast<uint32_t>(*number);
    } else if (word == "--second-each") {
      out.how.second_each = static_cast<uint32_t>(*number);
    } else if (word == "--seed") {
      out.how.seed = *number;
    } else if (word == "--passes") {
      out.passes = *number;
    } else {
      return false;
    }
  }
  return true;
}

const char* name_of(Unsynced medium) {
  return medium == Unsynced::kNor ? "NOR flash" : "block device";
}

void enumerate(const edge::test::Scenario& course, const ByteCuts& how, Totals& totals) {
  const CutCount count = enumerate_bytes(course, how);
  const uint64_t cases = count.single + count.twice;
  std::printf(
      "%-18s %-13s %6llu operations %9llu cases (%llu at a byte, %llu twice) %llu failed\n",
      course.name.c_str(), name_of(how.medium), static_cast<unsigned long long>(count.operations),
      static_cast<unsigned long long>(cases), static_cast<unsigned long long>(count.bytes),
      static_cast<unsigned long long>(count.twice), static_cast<unsigned long long>(count.failed));
  if (count.failed > 0) std::printf("  %s\n", count.first_failure.c_str());
  std::fflush(stdout);
  totals.cases += cases;
  totals.failed += count.failed;
}

/// Number of planted defects that nobody noticed.
size_t hunt_mutants(const Arguments& parsed) {
  size_t missed = 0;
  for (const PlantedDefect& defect : planted_defects()) {
    edge::test::Scenario course = delta_only(CourseSize{});
    course.name = defect.name;
    course.plant = defect.plant;
    ByteCuts how = parsed.how;
    how.medium = defect.medium;
    how.stride = 7;
    how.stops_at_first_failure = true;
    const CutCount count = enumerate_bytes(course, how);
    missed += count.failed == 0;
    std::printf("mutant: %-55s %s after %llu cases\n", defect.name.c_str(),
                count.failed > 0 ? "caught" : "MISSED",
                static_cast<unsigned long long>(count.single + count.twice));
  }
  std::printf("%zu of %zu mutants caught\n", planted_defects().size() - missed,
              planted_defects().size());
  return missed;
}

}  // namespace

int power_cut_verb(const std::vector<std::string>& arguments) {
  Arguments parsed;
  if (!parse(arguments, parsed)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  Totals totals;
  for (uint64_t pass = 0; pass < parsed.passes; ++pass, ++parsed.how.seed) {
    for (const edge::test::Scenario& course : make_courses(parsed.size)) {
      if (!parsed.course.empty() && course.name != parsed.course) continue;
      for (const Unsynced medium : {Unsynced::kNor, Unsynced::kBlock}) {
        ByteCuts how = parsed.how;
        how.medium = medium;
        enumerate(course, how, totals);
      }
    }
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  std::printf("%llu cases, %llu failures, %.0f cases a second\n",
              static_cast<unsigned long long>(totals.cases),
              static_cast<unsigned long long>(totals.failed),
              static_cast<double>(totals.cases) / passed.count());
  const size_t missed = parsed.mutants ? hunt_mutants(parsed) : 0;
  return totals.failed == 0 && missed == 0 ? 0 : 1;
}

}  // namespace flotilla::sim
