#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <regex>
#include <set>
#include <sstream>

#include "tests/arch/source_tree.h"

/// The device's core and MQTT client must link into a microcontroller without a heap, an operating
/// system or a C++ run-time: nm lists what their archives need from outside.
namespace flotilla::arch {
namespace {

std::string output_of(const std::string& command) {
  std::string text;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 4096> buffer;
  while (pipe && fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) text += buffer.data();
  return text;
}

struct Symbols {
  std::set<std::string> defined;
  std::set<std::string> needed;
};

Symbols symbols_of(const std::string& archive) {
  Symbols symbols;
  std::istringstream lines(output_of("nm --format=posix '" + archive + "' 2>/dev/null"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    std::string type;
    if (!(words >> name >> type) || type.size() != 1) continue;
    (type == "U" || type == "w" ? symbols.needed : symbols.defined).insert(name);
  }
  return symbols;
}

/// What a bare-metal C library gives; everything else from outside is a violation.
bool is_allowed(const std::string& name) {
  static const std::set<std::string> allowed = {
      "memcpy", "memmove", "memset", "memcmp", "bcmp", "memchr", "strlen", "__cxa_pure_virtual",
      "_GLOBAL_OFFSET_TABLE_",
      // Weak references of every object on Linux, never resolved on a device.
      "__gmon_start__"};
  // 64-bit and soft-float arithmetic of the compiler's own run-time (libgcc).
  static const std::regex compiler_runtime(R"(__(aeabi_\w+|u?(div|mod)[dst]i3|popcount\w+))");
  return allowed.count(name) != 0 || std::regex_match(name, compiler_runtime);
}

std::set<std::string> foreign_symbols(const std::vector<std::string>& archives) {
  std::set<std::string> defined;
  std::set<std::string> needed;
  for (const std::string& archive : archives) {
    Symbols symbols = symbols_of(archive);
    defined.merge(symbols.defined);
    needed.merge(symbols.needed);
  }
  std::set<std::string> foreign;
  for (const std::string& name : needed) {
    if (defined.count(name) == 0 && !is_allowed(name)) foreign.insert(name);
  }
  return foreign;
}

std::string join(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += " " + name;
  return text;
}

TEST(Symbols, CoreAndMqttNeedNothingFromTheSystem) {
  const std::vector<std::string> archives = {FLOTILLA_BARE_ARCHIVE};
  ASSERT_GT(symbols_of(archives[0]).defined.size(), 50u) << "nm sees nothing in " << archives[0];
  const std::set<std::string> foreign = foreign_symbols(archives);
  EXPECT_TRUE(foreign.empty()) << join(foreign);
}

TEST(Symbols, FixedStringThrowsNothingEvenUnoptimised) {
  const std::set<std::string> foreign =
      foreign_symbols({FLOTILLA_UNOPTIMISED_ARCHIVE, FLOTILLA_BARE_ARCHIVE});
  EXPECT_TRUE(foreign.empty()) << join(foreign);
}

TEST(Symbols, PlantedViolationsAreCaught) {
  const std::set<std::string> foreign = foreign_symbols({FLOTILLA_PLANTED_ARCHIVE});
  for (const char* name :
       {"_Znwm", "malloc", "printf", "clock_gettime", "pthread_mutex_lock", "__cxa_throw"}) {
    EXPECT_EQ(foreign.count(name), 1u) << name << " was not caught; found:" << join(foreign);
  }
}

}  // namespace
}  // namespace flotilla::arch
