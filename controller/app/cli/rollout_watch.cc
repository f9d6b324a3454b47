#include "controller/app/cli/rollout_watch.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "controller/adapters/http_client.h"
#include "controller/app/cli/table.h"

namespace flotilla::controller::app {

namespace {

constexpr auto kInterval = std::chrono::milliseconds(500);
/// A server that restarts is waited for.
constexpr int kMaxSilentPolls = 60;
constexpr size_t kDefaultWidth = 100;

/// What was shown last, and how the next is shown.
class Screen {
 public:
  explicit Screen(const Session& session)
      : json_(session.options.json), is_terminal_(::isatty(STDOUT_FILENO) == 1) {}

  void show(const api::Json& rollout) {
    const bool draws = is_terminal_ && !json_;
    const size_t columns = terminal_width();
    const size_t width = columns == 0 ? kDefaultWidth : columns;
    std::string text = json_   ? api::to_text(rollout) + "\n"
                       : draws ? draw(rollout, width)
                               : describe_rollout(rollout) + "\n";
    if (text == last_) return;
    if (draws) erase_last();
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
    last_ = std::move(text);
  }

 private:
  /// What will be erased must not wrap; the last picture stays and is whole.
  static std::string draw(const api::Json& rollout, size_t width) {
    const std::string text = draw_rollout(rollout, width);
    return is_over(rollout) ? text : fit_lines(text, width);
  }

  /// Up by as many lines as were drawn, then clears to the end of the screen (ECMA-48 CUU, ED).
  void erase_last() const {
    const auto lines = std::count(last_.begin(), last_.end(), '\n');
    if (lines > 0) std::printf("\x1b[%dA\x1b[J", static_cast<int>(lines));
  }

  const bool json_;
  const bool is_terminal_;
  std::string last_;
};

}  // namespace

std::string rollout_path(const std::string& id) {
  return "/rollouts/" + encode_path_segment(id);
}

void watch_rollout(Session& session, const std::string& id) {
  Screen screen(session);
  Session quiet = session;
  quiet.muted = true;
  int silent_polls = 0;
  for (;;) {
    // The first and the last failure are told; those in between may be a restart.
    Session& asked = silent_polls == 0 || silent_polls == kMaxSilentPolls ? session : quiet;
    session.exit_code = kExitOk;
    const auto rollout = asked.get(rollout_path(id));
    if (rollout) {
      silent_polls = 0;
      screen.show(*rollout);
      if (is_over(*rollout)) {
        if (field(*rollout, "state") != "completed") session.exit_code = kExitRolledBack;
        return;
      }
    } else if (asked.exit_code != kExitUnreachable || ++silent_polls > kMaxSilentPolls) {
      session.exit_code = asked.exit_code;
      return;
    }
    std::this_thread::sleep_for(kInterval);
  }
}

}  // namespace flotilla::controller::app
