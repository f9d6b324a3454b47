#include <getopt.h>

#include <cstdio>
#include <string>

#include "edge-client/adapters/config_fields.h"
#include "edge-client/app/daemon.h"
#include "edge-client/app/status.h"

namespace flotilla::edge {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitConfig = 2;

constexpr const char* kUsage =
    "usage: flotilla-edge --config FILE [--log-level LEVEL]   run the device\n"
    "       flotilla-edge --config FILE --check-config        check configuration, keys, keyset\n"
    "       flotilla-edge status --config FILE                active images, measured\n"
    "       flotilla-edge --version | --help\n"
    "\n"
    "LEVEL is debug, info, warning or error. Exit status: 0 stopped by SIGTERM or SIGINT, 1 could\n"
    "not start, 2 wrong configuration or arguments. Logs go to standard error.\n";

struct Arguments {
  std::string config;
  std::string log_level;
  bool check_only = false;
  bool status = false;
  bool help = false;
  bool version = false;
};

bool take_option(int option, Arguments& out) {
  switch (option) {
    case 'c':
      out.config = optarg;
      return true;
    case 'l':
      out.log_level = optarg;
      return true;
    case 'k':
      out.check_only = true;
      return true;
    case 'h':
      out.help = true;
      return true;
    case 'v':
      out.version = true;
      return true;
    default:
      return false;
  }
}

bool parse_arguments(int argc, char** argv, Arguments& out) {
  static const option kOptions[] = {
      {"config", required_argument, nullptr, 'c'}, {"log-level", required_argument, nullptr, 'l'},
      {"check-config", no_argument, nullptr, 'k'}, {"help", no_argument, nullptr, 'h'},
      {"version", no_argument, nullptr, 'v'},      {nullptr, 0, nullptr, 0}};
  for (int option; (option = getopt_long(argc, argv, "c:hv", kOptions, nullptr)) != -1;) {
    if (!take_option(option, out)) return false;
  }
  if (optind < argc && std::string(argv[optind]) == "status") {
    out.status = true;
    ++optind;
  }
  if (optind < argc) {
    std::fprintf(stderr, "flotilla-edge: unknown argument '%s'\n", argv[optind]);
    return false;
  }
  if (out.config.empty() && !out.help && !out.version) {
    std::fprintf(stderr, "flotilla-edge: --config is missing\n");
    return false;
  }
  return true;
}

int run(const Arguments& arguments) {
  DaemonConfig config = read_config(arguments.config);
  config.agent.device.software = FixedString<32>("flotilla-edge " FLOTILLA_VERSION);
  if (!arguments.log_level.empty() && !parse_log_level(arguments.log_level, config.log_level)) {
    throw ConfigError("--log-level: allowed: debug, info, warning or error");
  }
  set_log_level(config.log_level);
  if (arguments.status) return print_status(config);
  Daemon daemon(std::move(config));
  if (!arguments.check_only) return daemon.run();
  std::printf("%s: good\n", arguments.config.c_str());
  return 0;
}

int main_checked(int argc, char** argv) {
  Arguments arguments;
  if (!parse_arguments(argc, argv, arguments)) {
    std::fputs(kUsage, stderr);
    return kExitConfig;
  }
  if (arguments.help) {
    std::printf("%s\nConfiguration (JSON, // comments allowed):\n%s", kUsage,
                config_reference().c_str());
    return 0;
  }
  if (arguments.version) {
    std::puts("flotilla-edge " FLOTILLA_VERSION);
    return 0;
  }
  return run(arguments);
}

}  // namespace
}  // namespace flotilla::edge

int main(int argc, char** argv) {
  try {
    return flotilla::edge::main_checked(argc, argv);
  } catch (const flotilla::edge::ConfigError& error) {
    std::fprintf(stderr, "flotilla-edge: %s\n", error.what());
    return flotilla::edge::kExitConfig;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "flotilla-edge: %s\n", error.what());
    return flotilla::edge::kExitFailure;
  }
}
