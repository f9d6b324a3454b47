#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/arch/source_tree.h"

namespace flotilla::arch {

struct Layer {
  std::vector<std::string> may_include;  ///< path prefixes
  std::set<std::string> headers;         ///< "core", "std", "any", third-party directories
};

/// The rules of layering.txt, by layer.
std::map<std::string, Layer> parse_layering(const std::vector<std::string>& lines);

/// One sentence for each include of `file` that its layer does not allow.
std::vector<std::string> violations(const std::map<std::string, Layer>& layers,
                                    const SourceFile& file);

}  // namespace flotilla::arch
