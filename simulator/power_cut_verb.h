#pragma once

#include <string>
#include <vector>

namespace flotilla::sim {

/// Cuts the power of one device at every operation and every byte of every course, on each medium
/// model, and again during recovery; then plants defects and counts which of them are noticed.
/// Prints cases, failures and mutants caught.
int power_cut_verb(const std::vector<std::string>& arguments);

}  // namespace flotilla::sim
