// flotilla-sim-swarm: the devices of one process of `flotilla-sim load`, which starts it. A program
// of its own, since its devices are built for one model and small transfers (FLOTILLA_MAX_MODELS,
// FLOTILLA_MAX_CHUNKS), which makes them half as large.

#include <sys/prctl.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "edge-client/adapters/posix.h"
#include "simulator/load/swarm/swarm.h"

namespace {

constexpr size_t kMaxConfig = 64 * 1024;

int play(int board_fd, const std::string& config_file) {
  using namespace flotilla;
  const Result<std::string> text = edge::read_small_file(config_file, kMaxConfig);
  if (!text.ok()) {
    std::fprintf(stderr, "flotilla-sim-swarm: cannot read %s\n", config_file.c_str());
    return 2;
  }
  sim::SharedBoard board(board_fd);
  sim::Surroundings around(sim::swarm_config_from(text.value()), *board);
  sim::Swarm swarm(around);
  swarm.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("flotilla-sim-swarm is started by 'flotilla-sim load'\n", stderr);
    return 2;
  }
  std::signal(SIGINT, SIG_IGN);  // Ctrl-C is the parent's business
  std::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  try {
    return play(std::atoi(argv[1]), argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "flotilla-sim-swarm: %s\n", error.what());
    return 1;
  }
}
