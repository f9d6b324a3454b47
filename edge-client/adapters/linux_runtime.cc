#include "edge-client/adapters/linux_runtime.h"

#include <signal.h>

#include <algorithm>
#include <cstring>

#include "edge-client/adapters/active_link.h"
#include "edge-client/adapters/golden_store.h"
#include "edge-client/adapters/log.h"
#include "schemas/protocol/limits.h"

namespace flotilla::edge {
namespace {

constexpr int kCommandNotExecutable = 126;
constexpr int kCommandNotFound = 127;

std::string hex_or_empty(const Digest& digest) {
  return digest.is_none() ? std::string() : std::string(to_hex(digest).view());
}

/// "exit status 3: the last output", within what a report can carry.
std::string with_output(std::string text, const ChildProcess& process) {
  const size_t used = text.size() + 2;
  const std::string tail = process.output_tail(kMaxReasonText > used ? kMaxReasonText - used : 0);
  return tail.empty() ? text : text + ": " + tail;
}

std::string describe(const ChildProcess& process) {
  switch (process.state()) {
    case ChildProcess::State::kExited:
      return with_output("exit status " + std::to_string(process.code()), process);
    case ChildProcess::State::kKilled:
      return with_output("killed by signal " + std::to_string(process.code()), process);
    case ChildProcess::State::kTimeout:
      return with_output("over its time limit", process);
    case ChildProcess::State::kNotStarted:
      return std::string("cannot be started: ") + std::strerror(process.code());
    case ChildProcess::State::kNone:
    case ChildProcess::State::kRunning:
      return {};
  }
  return {};
}

SelfTestOutcome outcome_of(const ChildProcess& process) {
  switch (process.state()) {
    case ChildProcess::State::kExited:
      if (process.code() == 0) return SelfTestOutcome::kPassed;
      return process.code() == kCommandNotExecutable || process.code() == kCommandNotFound
                 ? SelfTestOutcome::kError
                 : SelfTestOutcome::kFailed;
    case ChildProcess::State::kKilled:
      return SelfTestOutcome::kFailed;
    case ChildProcess::State::kTimeout:
      return SelfTestOutcome::kTimeout;
    case ChildProcess::State::kNone:
    case ChildProcess::State::kRunning:
    case ChildProcess::State::kNotStarted:
      return SelfTestOutcome::kError;
  }
  return SelfTestOutcome::kError;
}

const char* outcome_name(SelfTestOutcome outcome) {
  switch (outcome) {
    case SelfTestOutcome::kPassed:
      return "passed";
    case SelfTestOutcome::kFailed:
      return "failed";
    case SelfTestOutcome::kTimeout:
      return "timeout";
    case SelfTestOutcome::kError:
      return "error";
  }
  return "";
}

}  // namespace

LinuxRuntime::LinuxRuntime(std::vector<RuntimeModel> models) {
  for (RuntimeModel& model : models) entries_.push_back(std::make_unique<Entry>(std::move(model)));
}

Status LinuxRuntime::store_golden(uint8_t model, const Digest& digest, Bytes golden) {
  return flotilla::edge::store_golden(entries_.at(model)->config.folder, digest, golden);
}

std::vector<std::string> LinuxRuntime::environment(const Entry& entry, Slot slot,
                                                   const Digest& image) const {
  const std::string path = slot == Slot::kNone ? "" : entry.config.folder.slot(slot);
  return {"FLOTILLA_MODEL=" + std::string(entry.config.name.view()), "FLOTILLA_IMAGE=" + path,
          "FLOTILLA_IMAGE_DIGEST=" + hex_or_empty(image)};
}

Status LinuxRuntime::start_self_test(uint8_t model, Slot slot, const Digest& image,
                                     const Digest& golden) {
  Entry& entry = *entries_.at(model);
  entry.result.reset();
  entry.self_test.kill_group();
  if (entry.config.self_test.empty()) {
    entry.result =
        golden.is_none()
            ? SelfTestResult{model, SelfTestOutcome::kPassed, "no self-test hook configured"}
            : SelfTestResult{model, SelfTestOutcome::kError,
                             "golden vectors, but no self-test hook configured"};
    return ok_status();
  }
  const std::string golden_path = golden.is_none() ? "" : golden_file(entry.config.folder, golden);
  Command command{entry.config.self_test, environment(entry, slot, image),
                  entry.config.self_test_limit, true};
  command.environment.push_back("FLOTILLA_GOLDEN=" + golden_path);
  command.environment.push_back("FLOTILLA_GOLDEN_DIGEST=" + hex_or_empty(golden));
  entry.self_test.start(command, now_);
  log_info("self_test_started").add("model", entry.config.name.view());
  if (!entry.self_test.running()) conclude_self_test(model, entry);
  return ok_status();
}

void LinuxRuntime::conclude_self_test(uint8_t model, Entry& entry) {
  const ChildProcess& process = entry.self_test;
  const SelfTestOutcome outcome = outcome_of(process);
  const bool passed = outcome == SelfTestOutcome::kPassed;
  entry.result = {model, outcome, passed ? process.output_tail(kMaxReasonText) : describe(process)};
  LogLine(passed ? LogLevel::kInfo : LogLevel::kWarning, "self_test_ended")
      .add("model", entry.config.name.view())
      .add("outcome", outcome_name(outcome))
      .add("output", entry.result->output);
}

Status LinuxRuntime::activate(uint8_t model, Slot slot, const Digest& image) {
  Entry& entry = *entries_.at(model);
  FLOTILLA_TRY(set_active(entry.config.folder, slot));
  entry.active = slot;
  entry.active_digest = slot == Slot::kNone ? Digest{} : image;
  log_info("activated")
      .add("model", entry.config.name.view())
      .add("slot", slot == Slot::kNone ? "none" : ModelFolder::slot_name(slot))
      .add("digest", hex_or_empty(entry.active_digest));
  return ok_status();
}

Status LinuxRuntime::reload(uint8_t model) {
  Entry& entry = *entries_.at(model);
  entry.health.forget();
  if (entry.config.reload.empty()) return ok_status();
  Command command{entry.config.reload, environment(entry, entry.active, entry.active_digest),
                  entry.config.reload_limit, false};
  const bool any = entry.active != Slot::kNone;
  command.environment.push_back("FLOTILLA_ACTIVE=" +
                                (any ? entry.config.folder.active_link() : std::string()));
  entry.reload.start(command, now_);
  if (entry.reload.running()) return ok_status();
  conclude_reload(entry);
  return {Code::kFailedPrecondition, "the reload hook cannot be started"};
}

void LinuxRuntime::conclude_reload(Entry& entry) {
  const bool good =
      entry.reload.state() == ChildProcess::State::kExited && entry.reload.code() == 0;
  LogLine(good ? LogLevel::kInfo : LogLevel::kWarning, "reload_ended")
      .add("model", entry.config.name.view())
      .add("output", describe(entry.reload));
}

HealthSample LinuxRuntime::health(uint8_t model) {
  return entries_.at(model)->health.read(now_);
}

void LinuxRuntime::poll(MonoTime now) {
  now_ = now;
  for (size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = *entries_[i];
    if (entry.self_test.running()) {
      entry.self_test.poll(now);
      if (!entry.self_test.running()) conclude_self_test(static_cast<uint8_t>(i), entry);
    }
    if (entry.reload.running()) {
      entry.reload.poll(now);
      if (!entry.reload.running()) conclude_reload(entry);
    }
  }
}

MonoTime LinuxRuntime::next_deadline() const {
  MonoTime next = kNever;
  for (const auto& entry : entries_) {
    next = std::min({next, entry->self_test.deadline(), entry->reload.deadline()});
    if (entry->result.has_value()) next = now_;
  }
  return next;
}

std::optional<LinuxRuntime::SelfTestResult> LinuxRuntime::take_result() {
  for (const auto& entry : entries_) {
    if (!entry->result.has_value()) continue;
    std::optional<SelfTestResult> result;
    result.swap(entry->result);
    return result;
  }
  return std::nullopt;
}

void LinuxRuntime::append_descriptors(std::vector<pollfd>& out) const {
  for (const auto& entry : entries_) {
    for (const ChildProcess* process : {&entry->self_test, &entry->reload}) {
      if (process->running() && process->output_fd() >= 0) {
        out.push_back({process->output_fd(), POLLIN, 0});
      }
    }
  }
}

void LinuxRuntime::stop() {
  for (const auto& entry : entries_) {
    entry->self_test.kill_group();
    entry->reload.kill_group();
  }
}

}  // namespace flotilla::edge
