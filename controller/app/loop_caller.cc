#include "controller/app/loop_caller.h"

#include <chrono>
#include <thread>

#include "controller/api/problem.h"

namespace flotilla::controller::app {

api::Response LoopCaller::call(const api::Request& request) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  for (;;) {
    api::Response response = call_once(request);
    if (!response.is_soon_done || std::chrono::steady_clock::now() >= end) return response;
    std::this_thread::sleep_for(std::chrono::milliseconds(kAskAgainMs));
  }
}

api::Response LoopCaller::call_once(api::Request request) {
  auto call = std::make_unique<ApiCall>();
  call->request = std::move(request);
  auto reply = call->reply.get_future();
  if (!mailbox_.push(std::move(call))) {
    return api::problem({Code::kUnavailable, "the controller has too much to do",
                         "nothing was changed; repeat the request in a moment"});
  }
  if (reply.wait_for(std::chrono::milliseconds(timeout_ms_)) != std::future_status::ready) {
    return api::problem({Code::kUnavailable,
                         "the controller did not answer within " + std::to_string(timeout_ms_) +
                             " ms; whether the request was carried out is not known",
                         "look at the current state before repeating the request"});
  }
  try {
    return reply.get();
  } catch (const std::future_error&) {
    return api::problem({Code::kUnavailable, "the controller is being stopped",
                         "repeat the request when it is back"});
  }
}

}  // namespace flotilla::controller::app
