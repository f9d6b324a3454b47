#include "edge-client/app/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "schemas/base/assert.h"

namespace flotilla::edge {

SignalSource::SignalSource() {
  FLOTILLA_ASSERT(std::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  FLOTILLA_ASSERT(std::signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&set, number);
  FLOTILLA_ASSERT(sigprocmask(SIG_BLOCK, &set, nullptr) == 0);
  fd_.reset(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  FLOTILLA_ASSERT(fd_.valid());
}

bool SignalSource::take() {
  bool stop = false;
  signalfd_siginfo info{};
  while (::read(fd_.get(), &info, sizeof info) == sizeof info) {
    stop = stop || info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT;
  }
  return stop;
}

}  // namespace flotilla::edge
