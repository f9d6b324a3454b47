#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/arch/source_tree.h"

namespace flotilla::arch {
namespace {

constexpr size_t kFileMedian = 150;
constexpr size_t kFileMax = 600;
constexpr size_t kFunctionMedian = 10;
constexpr size_t kFunctionMax = 70;
constexpr size_t kColumns = 100;

struct Function {
  std::string where;
  size_t lines = 0;
};

/// Function bodies, found by layout, which clang-format fixes: a line that opens a body ends in
/// ") {", ") const {" and the like at some indentation; the body ends at the first later line that
/// is "}" at the same indentation. Control statements open no function.
std::vector<Function> functions_of(const SourceFile& file) {
  static const std::regex opens(
      R"(^(\s*)(?!.*\b(if|for|while|switch|catch|do|else|namespace)\b).*\)( const)?( override)?( noexcept)?( ->.*)? \{$)");
  static const std::regex initialised(R"(^(\s+):? ?[a-z_]+_?[({].*[)}] \{$)");
  std::vector<Function> found;
  size_t i = 0;
  while (i < file.lines.size()) {
    std::smatch match;
    if (!std::regex_match(file.lines[i], match, opens) ||
        std::regex_match(file.lines[i], initialised)) {
      ++i;
      continue;
    }
    // A wrapped parameter list is indented deeper than the brace that closes the body.
    size_t end = i + 1;
    const auto deepest = static_cast<size_t>(match[1].length());
    while (end < file.lines.size()) {
      const size_t indent = file.lines[end].find_first_not_of(' ');
      if (indent != std::string::npos && indent <= deepest &&
          file.lines[end].substr(indent, 1) == "}")
        break;
      ++end;
    }
    found.push_back({file.path + ":" + std::to_string(i + 1), end - i - 1});
    i = end;
  }
  return found;
}

template <typename T>
T median(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? T{} : values[values.size() / 2];
}

std::vector<SourceFile> product_and_tests() {
  return read_sources({"schemas", "edge-client", "controller", "simulator", "tests"});
}

TEST(Sizes, Files) {
  std::vector<size_t> lengths;
  for (const SourceFile& file : product_and_tests()) {
    lengths.push_back(file.lines.size());
    EXPECT_LE(file.lines.size(), kFileMax) << file.path;
  }
  EXPECT_LE(median(lengths), kFileMedian);
}

TEST(Sizes, Lines) {
  for (const SourceFile& file : product_and_tests()) {
    for (size_t i = 0; i < file.lines.size(); ++i) {
      const bool is_include = file.lines[i].rfind("#include", 0) == 0;
      const bool is_raw_string = file.lines[i].find("R\"(") != std::string::npos;
      if (is_include || is_raw_string) continue;
      // Code points, not bytes.
      const auto columns = std::count_if(file.lines[i].begin(), file.lines[i].end(),
                                         [](char c) { return (c & 0xC0) != 0x80; });
      EXPECT_LE(static_cast<size_t>(columns), kColumns) << file.path << ":" << i + 1;
    }
  }
}

TEST(Sizes, Functions) {
  std::vector<size_t> lengths;
  for (const SourceFile& file :
       read_sources({"schemas", "edge-client", "controller", "simulator"})) {
    for (const Function& function : functions_of(file)) {
      lengths.push_back(function.lines);
      EXPECT_LE(function.lines, kFunctionMax) << function.where;
    }
  }
  EXPECT_GT(lengths.size(), 300u) << "the test does not see the functions";
  EXPECT_LE(median(lengths), kFunctionMedian);
}

TEST(Sizes, APlantedGiantIsCaught) {
  SourceFile file{"x.cc", {"void giant() {"}};
  file.lines.insert(file.lines.end(), kFunctionMax + 1, "  step();");
  file.lines.push_back("}");
  const std::vector<Function> found = functions_of(file);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].lines, kFunctionMax + 1);
}

}  // namespace
}  // namespace flotilla::arch
