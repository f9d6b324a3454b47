#pragma once

#include <string>
#include <vector>

namespace flotilla::sim {

/// `flotilla-sim load ...` and `flotilla-sim compare A.json B.json`: exit codes of the program.
int load_verb(const std::vector<std::string>& arguments);
int compare_verb(const std::vector<std::string>& arguments);

}  // namespace flotilla::sim
