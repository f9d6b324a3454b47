#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// The checkout under test, as the architecture tests read it.
namespace flotilla::arch {

/// A source file: path relative to the repository's root, and its lines.
struct SourceFile {
  std::string path;
  std::vector<std::string> lines;
};

/// Root of the checkout; given by the build.
std::filesystem::path source_root();

/// Every .h and .cc file below `folders`, in path order.
std::vector<SourceFile> read_sources(const std::vector<std::string>& folders);

std::vector<std::string> read_lines(const std::filesystem::path& path);

}  // namespace flotilla::arch
