#include "controller/app/cli/until_done.h"

#include <chrono>
#include <thread>

#include "controller/app/cli/step_line.h"
#include "controller/app/cli/table.h"

namespace flotilla::controller::app {

namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(300);

}  // namespace

std::optional<api::Json> call_until_done(Session& session, const std::string& path,
                                         const api::Json& body) {
  StepLine line;
  for (;;) {
    auto reply = session.call("POST", path, body);
    if (!reply || !reply->contains("step")) return reply;
    line.show(field(*reply, "hardware_class") + ": " + field(*reply, "step"),
              number(*reply, "done"), number(*reply, "total"));
    std::this_thread::sleep_for(kPollInterval);
  }
}

}  // namespace flotilla::controller::app
