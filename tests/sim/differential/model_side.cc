#include "tests/sim/differential/model_side.h"

#include <utility>

namespace flotilla::sim::differential {

void ModelSide::open(size_t client) {
  old_[client] = std::move(newest_[client]);
  newest_[client] = std::make_unique<End>();
  End* const end = newest_[client].get();
  end->session = std::make_unique<ByteSession>(
      broker_, uint16_t{20},
      ByteSession::Events{[end](std::string bytes) { end->out += bytes; },
                          [end](bool) { end->closed = true; }});
}

void ModelSide::send(size_t client, const std::string& bytes) {
  newest_[client]->session->feed(as_bytes(bytes));
}

bool ModelSide::take(const std::unique_ptr<End>& end, std::string& bytes) {
  bytes += std::exchange(end->out, {});
  return !end->closed;
}

void ModelSide::wait() {
  scheduler_.run_until(scheduler_.now() + kWaitTime);
}

void ModelSide::restart(Step::Kind how) {
  if (how == Step::Kind::kRestart) {
    broker_.shut_down();
  } else {
    broker_.stop();
  }
  broker_.start(how != Step::Kind::kForget);
}

}  // namespace flotilla::sim::differential
