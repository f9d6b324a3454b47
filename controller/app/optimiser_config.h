#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/adapters/sandbox.h"

namespace flotilla::controller::app {

/// A command that the server's operator allows as an optimisation step.
struct OptimiserCommand {
  std::vector<std::string> argv;      ///< argv[0] is an absolute path
  std::vector<std::string> readable;  ///< files and folders that it may read
  SandboxLimits limits;
};

/// The optimisers file of `flotilla serve` (docs/optimise.md).
struct OptimiserConfig {
  std::map<std::string, OptimiserCommand> commands;
  SandboxWalls walls;
  std::string scratch = "/tmp";  ///< runs get a folder of their own in it
};

/// Reads the file. Empty when fine, otherwise what is wrong.
std::string read_optimisers_file(const std::string& path, OptimiserConfig& out);
/// The same from its text.
std::string read_optimisers(const std::string& text, OptimiserConfig& out);

}  // namespace flotilla::controller::app
