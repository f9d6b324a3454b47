#include "controller/app/cli/progress.h"

#include <algorithm>
#include <array>

#include "controller/app/cli/table.h"

namespace flotilla::controller::app {

namespace {

constexpr std::array<const char*, 10> kStates = {"confirmed", "trial",   "staged",   "transferring",
                                                 "offered",   "pending", "reverted", "rejected",
                                                 "failed",    "expired"};
constexpr size_t kShownFailures = 5;

uint64_t failures(const api::Json& counts) {
  return number(counts, "reverted") + number(counts, "rejected") + number(counts, "failed");
}

std::string counts_text(const api::Json& counts) {
  std::string out;
  for (const char* state : kStates) {
    const uint64_t devices = number(counts, state);
    if (devices == 0) continue;
    out += (out.empty() ? "" : ", ") + std::to_string(devices) + " " + state;
  }
  const uint64_t back = number(counts, "rolled_back");
  if (back > 0) out += (out.empty() ? "" : ", ") + std::to_string(back) + " back";
  return out.empty() ? "no device yet" : out;
}

/// '#': confirmed, '+': under way, '!': failed, '.': the rest.
std::string bar(const api::Json& counts, size_t width) {
  const uint64_t total = std::max<uint64_t>(number(counts, "total"), 1);
  const uint64_t moving =
      number(counts, "trial") + number(counts, "staged") + number(counts, "transferring");
  std::string out;
  const auto add = [&](uint64_t number, char mark) {
    const size_t cells = static_cast<size_t>((number * width + total - 1) / total);
    out += std::string(std::min(cells, width - std::min(width, out.size())), mark);
  };
  add(failures(counts), '!');
  add(number(counts, "confirmed"), '#');
  add(moving, '+');
  return "[" + out + std::string(width - std::min(width, out.size()), '.') + "]";
}

std::string title(const api::Json& rollout) {
  return "rollout " + field(rollout, "id") + ": " + field(rollout, "model") + " version " +
         field(rollout, "version") + ", " + field(rollout, "state");
}

std::string reason_text(const api::Json& rollout) {
  const std::string reason = field(rollout, "state_reason");
  return reason == "-" ? "" : " (" + reason + ")";
}

std::string failure_lines(const api::Json& rollout) {
  std::string out;
  size_t shown = 0;
  for (const auto& failure : rollout.value("failures", api::Json::array())) {
    if (++shown > kShownFailures) break;
    out += "  " + field(failure, "device") + " " + field(failure, "state") + ": " +
           field(failure, "reason_text");
    if (field(failure, "detail") != "-") out += " (" + field(failure, "detail") + ")";
    out += "\n";
  }
  const uint64_t all = number(rollout, "failure_count");
  if (all > kShownFailures) out += "  and " + std::to_string(all - kShownFailures) + " more\n";
  return out;
}

}  // namespace

std::string draw_rollout(const api::Json& rollout, size_t width) {
  const auto& classes = rollout["classes"];
  size_t longest = 0;
  for (const auto& part : classes) {
    longest = std::max(longest, field(part, "hardware_class").size());
  }
  const size_t cells = std::clamp<size_t>(width > longest + 50 ? width - longest - 50 : 0, 10, 40);
  std::string out = title(rollout) + reason_text(rollout) + "\n";
  for (const auto& part : classes) {
    std::string name = field(part, "hardware_class");
    name.resize(longest, ' ');
    out +=
        "  " + name + " " + bar(part["counts"], cells) + " " + counts_text(part["counts"]) + "\n";
  }
  return out + failure_lines(rollout);
}

std::string fit_lines(const std::string& text, size_t width) {
  std::string out;
  size_t column = 0;
  for (const char c : text) {
    column = c == '\n' ? 0 : column + 1;
    if (column <= width) out += c;
  }
  return out;
}

std::string describe_rollout(const api::Json& rollout) {
  return title(rollout) + reason_text(rollout) + ": " + counts_text(rollout["counts"]);
}

bool is_over(const api::Json& rollout) {
  const std::string state = field(rollout, "state");
  return state == "completed" || state == "halted" || state == "rolled_back" ||
         state == "cancelled";
}

}  // namespace flotilla::controller::app
