#include "simulator/run_verb.h"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>

#include "controller/domain/names.h"
#include "simulator/shrink.h"
#include "simulator/world/scenario_text.h"

namespace flotilla::sim {
namespace {

constexpr const char* kUsage =
    "flotilla-sim run SCENARIO [--seed N] [--seeds COUNT] [--devices N] [--hours H]\n"
    "                          [--real-digests] [--json] [--hash] [--quiet] [--must-fail]\n"
    "                          [--shrink FILE]\n"
    "  --seeds      that many, one after the other, from --seed on\n"
    "  --hash       only scenario, seed and trace hash: the same from every build\n"
    "  --quiet      only what failed, and a last line\n"
    "  --must-fail  0 when one of the seeds breaks a rule: for planted bugs\n"
    "  --shrink     writes the first failure, made as small as it still fails, as a scenario\n";

struct Arguments {
  std::string scenario;
  RunOptions options;
  uint64_t seeds = 1;
  bool json = false;
  bool hash = false;
  bool quiet = false;
  bool must_fail = false;
  std::string shrunken;  ///< file for the first failure; empty: only shown
};

constexpr uint32_t kShrinkRuns = 120;

bool take_number(const std::vector<std::string>& arguments, size_t& at, uint64_t& out) {
  if (at + 1 >= arguments.size()) return false;
  const auto value = parse_number(arguments[++at]);
  if (value) out = *value;
  return value.has_value();
}

bool take(const std::vector<std::string>& arguments, size_t& at, Arguments& out) {
  const std::string& word = arguments[at];
  uint64_t number = 0;
  if (word == "--json") {
    out.json = true;
  } else if (word == "--hash") {
    out.hash = true;
  } else if (word == "--quiet") {
    out.quiet = true;
  } else if (word == "--must-fail") {
    out.must_fail = true;
  } else if (word == "--shrink") {
    if (at + 1 >= arguments.size()) return false;
    out.shrunken = arguments[++at];
  } else if (word == "--real-digests") {
    out.options.real_digests = true;
  } else if (word == "--seed") {
    return take_number(arguments, at, out.options.seed);
  } else if (word == "--seeds") {
    return take_number(arguments, at, out.seeds);
  } else if (word == "--devices") {
    if (!take_number(arguments, at, number)) return false;
    out.options.devices = static_cast<uint32_t>(number);
  } else if (word == "--hours") {
    if (!take_number(arguments, at, number)) return false;
    out.options.duration = seconds(static_cast<int64_t>(number) * 3600);
  } else if (word.rfind("--", 0) == 0 || !out.scenario.empty()) {
    return false;
  } else {
    out.scenario = word;
  }
  return true;
}

std::vector<RolloutEnd> rollout_ends(World& world) {
  std::vector<RolloutEnd> out;
  const controller::ControlPlane* plane = world.controller().plane();
  if (plane == nullptr) return out;
  for (const auto& [id, rollout] : plane->rollouts()) {
    RolloutEnd end{id, rollout.version, controller::state_name(rollout.state), 0, 0};
    for (const auto& [device, assignment] : plane->assignments(id)) {
      ++end.assigned;
      end.confirmed += assignment.state == controller::AssignmentState::kConfirmed;
    }
    out.push_back(end);
  }
  return out;
}

std::string replay_command(const Scenario& scenario, const RunOptions& options) {
  std::string out = "flotilla-sim run " + scenario.name + " --seed " + std::to_string(options.seed);
  if (options.devices != 0) out += " --devices " + std::to_string(options.devices);
  if (options.duration.ms != 0) {
    out += " --hours " + std::to_string(options.duration.ms / 3'600'000);
  }
  if (options.real_digests) out += " --real-digests";
  return out;
}

/// What the command line says instead of the scenario.
void apply(const RunOptions& options, Scenario& scenario) {
  if (options.devices != 0) scenario.settings.devices = options.devices;
  if (options.duration.ms != 0) scenario.settings.duration = options.duration;
  if (options.real_digests) scenario.settings.real_digests = true;
}

void show(const RunReport& report, const Arguments& parsed) {
  if (parsed.hash) {
    std::printf("%s\n", hash_line(report).c_str());
    return;
  }
  if (parsed.quiet && report.verdict.ok()) return;
  std::fputs((parsed.json ? as_json(report) + "\n" : as_text(report)).c_str(), stdout);
  std::fflush(stdout);
}

/// The failure made small: shown, and written where it was asked for.
void show_shrunken(const Scenario& scenario, const Arguments& parsed, const RunReport& failure) {
  const std::string rule = failure.verdict.violations().front().rule;
  Scenario whole = scenario;
  apply(parsed.options, whole);
  RunOptions options;
  options.seed = parsed.options.seed;
  const StillFails still_fails = [&](const Scenario& candidate) {
    const RunReport report = run_scenario(candidate, options);
    return !report.verdict.ok() && report.verdict.violations().front().rule == rule;
  };
  const bool of_a_goal = rule.rfind("safety.", 0) != 0;
  Shrunken small = shrink(whole, still_fails, of_a_goal, kShrinkRuns);
  small.scenario.title = "Shrunken: " + rule + " in " + scenario.name;
  small.scenario.shows.clear();
  small.scenario.holds.clear();
  const std::string text = as_file(small.scenario);
  const std::string file = parsed.shrunken.empty() ? "FILE" : parsed.shrunken;
  std::printf("  smaller, after %u runs: flotilla-sim run %s --seed %llu\n", small.runs,
              file.c_str(), static_cast<unsigned long long>(options.seed));
  if (!parsed.shrunken.empty()) std::ofstream(parsed.shrunken) << text;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) std::printf("    | %s\n", line.c_str());
  std::fflush(stdout);
}

int run_seeds(const Scenario& scenario, Arguments parsed) {
  uint64_t failed = 0;
  for (uint64_t i = 0; i < parsed.seeds; ++i, ++parsed.options.seed) {
    const RunReport report = run_scenario(scenario, parsed.options);
    show(report, parsed);
    if (report.verdict.ok()) continue;
    if (failed++ == 0 && !parsed.json && !parsed.hash) show_shrunken(scenario, parsed, report);
  }
  if (parsed.quiet) {
    std::printf("%s: %llu seeds, %llu failed\n", scenario.name.c_str(),
                static_cast<unsigned long long>(parsed.seeds),
                static_cast<unsigned long long>(failed));
  }
  return failed == 0 ? 0 : 1;
}

/// For a program with a planted bug: how many seeds it takes to notice.
int hunt(const Scenario& scenario, Arguments parsed) {
  for (uint64_t i = 1; i <= parsed.seeds; ++i, ++parsed.options.seed) {
    const RunReport report = run_scenario(scenario, parsed.options);
    if (report.verdict.ok()) continue;
    const Violation& first = report.verdict.violations().front();
    std::printf("caught within %llu seeds of %s: %s: %s\n", static_cast<unsigned long long>(i),
                scenario.name.c_str(), first.rule.c_str(), first.what.c_str());
    if (!parsed.shrunken.empty()) show_shrunken(scenario, parsed, report);
    return 0;
  }
  std::printf("not caught within %llu seeds of %s\n", static_cast<unsigned long long>(parsed.seeds),
              scenario.name.c_str());
  return 1;
}

}  // namespace

std::optional<Scenario> find_scenario(const std::string& name, std::string& why) {
  const auto known = known_scenarios().find(name);
  if (known != known_scenarios().end()) return parse_scenario(name, known->second, why);
  if (name.find_first_of("/.") == std::string::npos) {
    why = "no scenario '" + name + "'; 'flotilla-sim list' names them";
    return std::nullopt;
  }
  std::ifstream in(name);
  if (!in) {
    why = "cannot read " + name;
    return std::nullopt;
  }
  std::ostringstream text;
  text << in.rdbuf();
  return parse_scenario(name, text.str(), why);
}

RunReport run_scenario(Scenario scenario, const RunOptions& options) {
  RunReport report;
  report.replay = replay_command(scenario, options);
  apply(options, scenario);
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t cpu_begin = std::clock();
  World world(scenario, options.seed);
  world.run(true);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  report.cpu_seconds =
      static_cast<double>(std::clock() - cpu_begin) / static_cast<double>(CLOCKS_PER_SEC);
  report.scenario = scenario.name;
  report.seed = options.seed;
  report.devices = scenario.settings.devices;
  report.virtual_time = {world.scheduler().now().ms};
  report.wall_seconds = passed.count();
  report.events = world.scheduler().events();
  report.messages = world.messages_from_devices();
  report.trace_hash = world.trace().hash();
  report.crashes = world.controller().crashes();
  report.rollouts = rollout_ends(world);
  report.verdict = world.verdict();
  return report;
}

int run_verb(const std::vector<std::string>& arguments) {
  Arguments parsed;
  for (size_t at = 0; at < arguments.size(); ++at) {
    if (take(arguments, at, parsed)) continue;
    std::fprintf(stderr, "flotilla-sim: cannot use '%s'\n%s", arguments[at].c_str(), kUsage);
    return 2;
  }
  std::string why;
  const auto scenario = find_scenario(parsed.scenario, why);
  if (!scenario) {
    std::fprintf(stderr, "flotilla-sim: %s\n%s", why.c_str(), kUsage);
    return 2;
  }
  return parsed.must_fail ? hunt(*scenario, parsed) : run_seeds(*scenario, parsed);
}

int list_verb(const std::vector<std::string>& arguments) {
  const bool only_names = !arguments.empty() && arguments[0] == "--names";
  for (const auto& [name, text] : known_scenarios()) {
    if (only_names) {
      std::printf("%s\n", name.c_str());
      continue;
    }
    std::string why;
    const auto scenario = parse_scenario(name, text, why);
    if (!scenario) {
      std::printf("%-18s %s\n", name.c_str(), why.c_str());
      continue;
    }
    std::printf("%-18s %s\n%-18s shows: %s\n%-18s holds: %s\n", name.c_str(),
                scenario->title.c_str(), "", scenario->shows.c_str(), "", scenario->holds.c_str());
  }
  return 0;
}

}  // namespace flotilla::sim
