#include "edge-client/app/daemon.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "edge-client/adapters/log.h"

namespace flotilla::edge {
namespace {

constexpr Duration kStopLimit = seconds(3);
constexpr Duration kCounterInterval = seconds(60);

std::vector<FileStorage::Model> storage_models(const DaemonConfig& config) {
  std::vector<FileStorage::Model> out;
  for (const ModelConfig& model : config.models) {
    out.push_back({model.runtime.folder, model.slot_size});
  }
  return out;
}

ModelFolders folders(const DaemonConfig& config) {
  ModelFolders out;
  for (const ModelConfig& model : config.models) out.push_back(model.runtime.folder);
  return out;
}

std::vector<RuntimeModel> runtime_models(const DaemonConfig& config) {
  std::vector<RuntimeModel> out;
  for (const ModelConfig& model : config.models) out.push_back(model.runtime);
  return out;
}

}  // namespace

Daemon::Daemon(DaemonConfig config)
    : config_(std::move(config)),
      signer_(random_),
      socket_(config_.tls, random_),
      storage_(storage_models(config_)),
      journal_(config_.state_folder, folders(config_)),
      runtime_(runtime_models(config_)),
      log_(config_.tls.host + ":" + std::to_string(config_.tls.port)),
      heap_(config_.agent.device) {
  if (!socket_.load().ok()) throw ConfigError(socket_.explain());
  if (!signer_.load(config_.tls.key_file).ok()) {
    throw ConfigError("tls.key: " + config_.tls.key_file + ": " + signer_.explain());
  }
  adopt_device_id(config_, socket_.common_name());
  keyset_ = std::make_unique<KeysetFile>(config_.keyset);
}

bool Daemon::prepare() {
  if (!make_folders(config_.state_folder).ok()) return false;
  const Status locked = lock_.acquire(config_.state_folder);
  if (!locked.ok()) {
    if (locked.code() != Code::kAlreadyExists) return false;
    log_error("start_failed")
        .add("why", "another flotilla-edge uses " + config_.state_folder)
        .add("pid", lock_.holder());
    return false;
  }
  if (!storage_.prepare().ok()) return false;
  const AgentPorts ports{crypto_, signer_, storage_, journal_, runtime_};
  agent_ = std::make_unique<Agent>(config_.agent, ports, heap_.memory(), &log_, random_.next());
  transport_ = std::make_unique<Transport>(socket_, *agent_, log_);
  const MonoTime now = monotonic_now();
  runtime_.poll(now);
  const Status started = agent_->start(keyset_->keyset(), now);
  if (started.ok()) return true;
  log_error("start_failed").add("why", started.reason()).add("code", code_name(started.code()));
  return false;
}

int Daemon::run() {
  if (!prepare()) return 1;
  log_info("started")
      .add("device", config_.agent.device.device.view())
      .add("class", config_.agent.device.hardware_class.view())
      .add("software", config_.agent.device.software.view())
      .add("state_dir", config_.state_folder);
  for (;;) {
    const MonoTime now = monotonic_now();
    step(now);
    if (agent_->stopped() || now >= stop_by_) break;
    wait(now);
  }
  runtime_.stop();
  log_info("stopped");
  return 0;
}

void Daemon::stop(MonoTime now) {
  if (stop_by_ != kNever) return;
  log_info("stopping");
  stop_by_ = now + kStopLimit;
  agent_->stop(now);
}

void Daemon::step(MonoTime now) {
  if (signals_.take()) stop(now);
  runtime_.poll(now);
  while (const auto result = runtime_.take_result()) {
    agent_->on_self_test(result->model, result->outcome, result->output, now);
  }
  if (now >= agent_->next_deadline()) agent_->tick(now);
  if (agent_->has_work()) agent_->work(now);
  transport_->drive(now);
  if (now < counters_due_) return;
  if (log_.report_counters(agent_->counters(), agent_->device().counters()))
    counters_due_ = now + kCounterInterval;
}

void Daemon::wait(MonoTime now) {
  std::vector<pollfd> descriptors{{signals_.fd(), POLLIN, 0}};
  const int socket = transport_->fd();
  if (socket >= 0) descriptors.push_back({socket, transport_->wanted_events(), 0});
  runtime_.append_descriptors(descriptors);
  const MonoTime next = std::min(
      {agent_->next_deadline(), transport_->deadline(), runtime_.next_deadline(), stop_by_});
  int64_t timeout = std::clamp<int64_t>((next - now).ms, 0, kCounterInterval.ms);
  if (agent_->has_work() || transport_->has_more()) timeout = 0;
  const int count = ::poll(descriptors.data(), descriptors.size(), static_cast<int>(timeout));
  if (count < 0 && errno != EINTR) log_error("poll").add("errno", errno);
}

}  // namespace flotilla::edge
