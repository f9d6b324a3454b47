#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "simulator/load/load_verb.h"
#include "simulator/power_cut_verb.h"
#include "simulator/run_verb.h"

namespace {

struct Verb {
  const char* summary;
  int (*run)(const std::vector<std::string>& arguments);
};

/// What the program can do; each verb reads its own arguments.
const std::map<std::string, Verb>& verbs() {
  static const std::map<std::string, Verb> table = {
      {"list", {"the scenarios and what they show", flotilla::sim::list_verb}},
      {"load", {"thousands of devices against a real broker", flotilla::sim::load_verb}},
      {"power-cut",
       {"one device, its power cut at every operation and byte", flotilla::sim::power_cut_verb}},
      {"run", {"one scenario, in virtual time, from a seed", flotilla::sim::run_verb}},
  };
  return table;
}

int usage(std::FILE* out) {
  std::fputs("usage: flotilla-sim VERB [...]\n", out);
  for (const auto& [name, verb] : verbs()) {
    std::fprintf(out, "  %-10s %s\n", name.c_str(), verb.summary);
  }
  return out == stdout ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return usage(stderr);
  const std::string name = argv[1];
  if (name == "--help" || name == "-h" || name == "help") return usage(stdout);
  const auto found = verbs().find(name);
  if (found == verbs().end()) {
    std::fprintf(stderr, "flotilla-sim: no verb '%s'\n", name.c_str());
    return usage(stderr);
  }
  return found->second.run({argv + 2, argv + argc});
}
