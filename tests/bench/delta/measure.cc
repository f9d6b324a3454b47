// Runs one command and writes what it took: wall clock, CPU time of user and system, greatest
// resident set. A process of its own, since a child's peak includes what it shared at its start.
//
//   measure TIMEOUT_S RESULT COMMAND [ARGUMENT...]
//
// RESULT gets one JSON object. The command is killed at the timeout. Exit code: the command's; 124
// after the timeout, 125 when it could not be run.

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

volatile std::sig_atomic_t timed_out = 0;
pid_t child = 0;

void kill_child(int) {
  timed_out = 1;
  kill(child, SIGKILL);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double now_s() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: measure TIMEOUT_S RESULT COMMAND [ARGUMENT...]\n");
    return 125;
  }
  const double start_s = now_s();
  if (posix_spawnp(&child, argv[3], nullptr, nullptr, argv + 3, environ) != 0) {
    std::fprintf(stderr, "measure: cannot run %s\n", argv[3]);
    return 125;
  }
  struct sigaction action {};
  action.sa_handler = kill_child;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  alarm(static_cast<unsigned>(std::atoi(argv[1])));
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  alarm(0);
  const double wall_s = now_s() - start_s;

  std::FILE* result = std::fopen(argv[2], "w");
  if (result == nullptr) return 125;
  std::fprintf(result, "{\"wall_s\":%.4f,\"cpu_s\":%.4f,\"peak_bytes\":%ld}\n", wall_s,
               seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss * 1024L);
  std::fclose(result);
  if (timed_out != 0) return 124;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
