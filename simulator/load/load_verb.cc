#include "simulator/load/load_verb.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>

#include "simulator/load/conductor.h"

namespace flotilla::sim {
namespace {

std::atomic<bool> stop_asked{false};

void ask_to_stop(int) {
  stop_asked = true;
}

bool write_file(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) std::fprintf(stderr, "flotilla-sim load: cannot write %s\n", path.c_str());
  return static_cast<bool>(out);
}

/// Before minutes are spent: can the results be kept?
bool can_write(const LoadOptions& options) {
  for (const std::string& path : {options.json_file, options.html_file}) {
    if (path.empty() || std::ofstream(path, std::ios::app)) continue;
    std::fprintf(stderr, "flotilla-sim load: cannot write %s\n", path.c_str());
    return false;
  }
  return true;
}

int run(const LoadOptions& options) {
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  std::signal(SIGPIPE, SIG_IGN);
  LoadReport report;
  {
    Conductor conductor(options, stop_asked);
    report = conductor.run();
  }
  std::fputs(to_text(report).c_str(), stdout);
  bool written = write_file(options.json_file, to_json(report));
  written = write_file(options.html_file, to_html(report)) && written;
  return written && report.ending == "complete" ? 0 : 1;
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read it");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

int load_verb(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments[0] == "--compare") {
    return compare_verb({arguments.begin() + 1, arguments.end()});
  }
  const ParsedLoad parsed = parse_load(arguments);
  if (!parsed.options) {
    std::fputs(parsed.text.c_str(), parsed.exit_code == 0 ? stdout : stderr);
    return parsed.exit_code;
  }
  const std::string limit = raise_descriptor_limit(*parsed.options);
  if (!limit.empty()) {
    std::fprintf(stderr, "flotilla-sim load: %s\n", limit.c_str());
    return 2;
  }
  if (!can_write(*parsed.options)) return 2;
  try {
    return run(*parsed.options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "flotilla-sim load: %s\n", error.what());
    return 1;
  }
}

int compare_verb(const std::vector<std::string>& arguments) {
  if (arguments.size() != 2) {
    std::fputs("usage: flotilla-sim load --compare A.json B.json\n", stderr);
    return 2;
  }
  std::vector<LoadReport> reports;
  for (const std::string& path : arguments) {
    try {
      reports.push_back(report_from_json(slurp(path)));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "flotilla-sim load: %s is no report of a load test: %s\n", path.c_str(),
                   error.what());
      return 2;
    }
  }
  std::fputs(compare(reports[0], reports[1]).c_str(), stdout);
  return 0;
}

}  // namespace flotilla::sim
