#pragma once

#include <string>
#include <vector>

#include "controller/app/cli/session.h"

/// Optimisation of files on this machine, and chains for people.
namespace flotilla::controller::app {

struct FileOrder {
  std::string file;
  std::string output;
  std::vector<std::string> steps;
  bool force = false;
};

/// Runs built-in steps on a file and writes what the last one made.
void optimise_file(Session& session, const FileOrder& order);

/// A table of a chain's entries (api::step_json).
std::string chain_text(const api::Json& chain);

}  // namespace flotilla::controller::app
