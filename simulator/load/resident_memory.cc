#include "simulator/load/resident_memory.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace flotilla::sim {
namespace {

// Fields of /proc/PID/stat after the name, which may contain anything but its last ')'
// (proc_pid_stat(5)).
constexpr int kSkipToUserTime = 11;
constexpr int kSkipToResident = 8;

}  // namespace

Usage usage_of(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(in, line)) return {};
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  double user = 0;
  double system = 0;
  uint64_t pages = 0;
  for (int i = 0; i < kSkipToUserTime; ++i) fields >> skipped;
  fields >> user >> system;
  for (int i = 0; i < kSkipToResident; ++i) fields >> skipped;
  fields >> pages;
  Usage out;
  out.cpu_s = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  out.rss_kib = pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
  out.alive = true;
  return out;
}

uint64_t resident_kib(pid_t pid) {
  return usage_of(pid).rss_kib;
}

}  // namespace flotilla::sim
