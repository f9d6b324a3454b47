#include "simulator/load/report.h"

namespace flotilla::sim {

std::string to_html(const LoadReport& report) {
  return "<!doctype html><title>" + report.command + "</title>\n";
}

}  // namespace flotilla::sim
