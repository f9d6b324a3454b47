#include "simulator/load/conductor.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "edge-client/adapters/mbed_random.h"
#include "edge-client/adapters/posix.h"
#include "schemas/protocol/delta/memory.h"
#include "simulator/load/model_images.h"
#include "simulator/load/number_text.h"

namespace flotilla::sim {
namespace {

namespace fs = std::filesystem;

constexpr int kTickMs = 100;
constexpr double kStateEveryS = 2;
/// Nothing moves any more: whoever has not arrived by now will not, or is on a bad link.
constexpr double kStalledS = 60;
constexpr double kMostlyStalledS = 15;
constexpr double kStragglersS = 20;
constexpr const char* kModel = "load";
constexpr const char* kPhaseNames[kPhases] = {"install", "update"};

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string make_folder() {
  const char* base = std::getenv("TMPDIR");
  std::string path = std::string(base == nullptr ? "/tmp" : base) + "/flotilla-load-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) throw LoadError("cannot make a folder at " + path);
  return path;
}

std::string swarm_program() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path() / "flotilla-sim-swarm";
}

bool has_ended(const std::string& state) {
  return state == "completed" || state == "halted" || state == "rolled_back" ||
         state == "cancelled";
}

uint64_t slot_size(const LoadOptions& options) {
  return uint64_t{options.image_kib} * 1024;
}

}  // namespace

Conductor::Conductor(const LoadOptions& options, const std::atomic<bool>& stop_asked)
    : options_(options),
      stop_asked_(stop_asked),
      recorder_(*board_, options.processes),
      display_(options.plain_display) {}

Conductor::~Conductor() {
  board_->command = Command::kStop;
  swarms_.clear();
  plants_.clear();
  std::error_code ignored;
  if (!folder_.empty() && !options_.keep) fs::remove_all(folder_, ignored);
}

bool Conductor::interrupted() const {
  return stop_asked_.load() || out_of_time();
}

LoadReport Conductor::run() {
  report_.command = options_.command_line;
  report_.began = utc_now();
  report_.devices = options_.devices;
  report_.processes = options_.processes;
  report_.brokers = options_.brokers;
  report_.transport = options_.tls ? "TLS" : "TCP";
  report_.image_bytes = slot_size(options_);
  report_.herd.window_s = options_.reconnect_window_s;
  report_.ending = "complete";
  try {
    prepare();
    roll(Phase::kInstall);
    roll(Phase::kUpdate);
    await_herd();
  } catch (const LoadError& error) {
    report_.ending = stop_asked_.load() ? "interrupted"
                     : out_of_time()    ? "time was up after " + fixed(options_.minutes, 2) +
                                           " minutes, at: " + stage_
                                     : error.what();
  }
  finish();
  return report_;
}

// ---- before the first rollout

void Conductor::prepare() {
  folder_ = make_folder();
  if (options_.keep) display_.say("logs in " + folder_);
  edge::MbedRandom random;
  const std::string mark(to_hex(random.next()).view());
  identity_ = mark + std::string(to_hex(random.next()).view());
  naming_.id_prefix = options_.is_foreign() ? "load-" + mark.substr(0, 6) + "-" : "load-";
  for (uint32_t i = 0; i < options_.classes; ++i) {
    naming_.classes.push_back("load-" + std::to_string(i));
  }
  keys_ = std::make_unique<DeviceKeys>(identity_);
  stage_ = "starting";
  make_plants();
  enrol_all();
  start_swarms();
  await_fleet();
}

void Conductor::make_plants() {
  if (options_.tls) {
    fs::create_directories(folder_ + "/pki");
    pki_ = std::make_unique<Pki>(folder_ + "/pki", options_.ca_folder);
    if (!options_.is_foreign()) {
      for (const char* name : {"localhost", "flotilla.controller", "flotilla.auditor"}) {
        pki_->issue(name);
      }
    }
    pki_->write_keys(*keys_);
  }
  const uint32_t each = options_.devices / options_.brokers;
  for (uint32_t i = 0; i < options_.brokers; ++i) {
    plants_.push_back(options_.is_foreign()
                          ? Plant::foreign(options_)
                          : Plant::start(options_, folder_ + "/plant-" + std::to_string(i),
                                         pki_.get(), [this] { return interrupted(); }));
    const uint32_t first = i * each;
    const uint32_t count = i + 1 == options_.brokers ? options_.devices - first : each;
    shares_.push_back({plants_.back().get(), first, count});
  }
}

void Conductor::enrol_all() {
  stage_ = "enrolling";
  const double began = recorder_.elapsed_s();
  for (const Share& share : shares_) {
    for (const std::string& name : naming_.classes) {
      share.plant->api().define_class(name, slot_size(options_), options_.chunk_max,
                                      delta::decoder_memory(delta::kSmallProfile));
    }
    // In thousands, so that the display moves.
    for (uint32_t at = 0; at < share.count; at += 1000) {
      const Share part{share.plant, share.first + at, std::min(1000u, share.count - at)};
      enrol(part, naming_, *keys_, enrolled_, [this] { return interrupted(); });
      tick();
    }
  }
  if (pki_ != nullptr) {
    stage_ = "issuing certificates";
    for (uint32_t i = 0; i < options_.devices; ++i) {
      pki_->issue_device(device_id(naming_.id_prefix, i), i);
      if (i % 100 == 0) tick();
    }
  }
  report_.enrol_s = recorder_.elapsed_s() - began;
}

/// Swarms are dealt to the plants in turn, so each has devices of one plant only.
SwarmConfig Conductor::swarm_config(uint32_t index) const {
  const uint32_t plants = static_cast<uint32_t>(plants_.size());
  const Share& share = shares_[index % plants];
  const uint32_t parts =
      options_.processes / plants + (index % plants < options_.processes % plants);
  const uint32_t part = index / plants;
  const uint32_t each = share.count / parts;
  SwarmConfig out;
  out.index = index;
  out.first = share.first + part * each;
  out.devices = part + 1 == parts ? share.count - part * each : each;
  out.id_prefix = naming_.id_prefix;
  out.host = share.plant->host();
  out.port = share.plant->port();
  out.topic_prefix = options_.prefix;
  out.keyset_file = share.plant->keyset_file();
  out.identity = identity_;
  out.classes = naming_.classes;
  out.model = kModel;
  out.slot_size = slot_size(options_);
  out.chunk_max = options_.chunk_max;
  out.decoder_memory = delta::decoder_memory(delta::kSmallProfile);
  out.ramp_s = options_.ramp_s;
  out.first_window_s = options_.reconnect_window_s;
  out.health_interval_s = options_.health_interval_s;
  out.keep_alive_s = static_cast<uint16_t>(options_.keep_alive_s);
  out.seed = options_.seed;
  out.link = options_.link;
  out.misbehaviour = options_.misbehaviour;
  if (pki_ != nullptr) {
    out.ca = pki_->ca_file();
    out.server_name = share.plant->name();
    out.certificates = pki_->folder();
  }
  return out;
}

void Conductor::start_swarms() {
  stage_ = "connecting";
  for (uint32_t i = 0; i < options_.processes; ++i) {
    const std::string base = folder_ + "/swarm-" + std::to_string(i);
    std::ofstream(base + ".json") << to_json(swarm_config(i));
    swarms_.emplace_back(
        std::vector<std::string>{swarm_program(), std::to_string(board_.fd()), base + ".json"},
        base + ".log", board_.fd());
  }
}

/// The rollouts move the devices that the controller knows of. On bad links the last ones may take
/// minutes.
void Conductor::await_fleet() {
  const double began = recorder_.elapsed_s();
  const double patience = options_.link == Link::kSteady ? 1e9 : options_.ramp_s + kStragglersS;
  for (;;) {
    const uint64_t answered = recorder_.sum(&SwarmCells::acknowledged);
    if (answered >= options_.devices) break;
    const bool most = answered * 100 >= uint64_t{options_.devices} * 95;
    if (most && recorder_.elapsed_s() - began > patience) break;
    tick();
  }
  report_.connect_s = recorder_.elapsed_s() - began;
}

// ---- rollouts

std::vector<uint32_t> Conductor::publish(Phase phase) {
  const uint32_t number = static_cast<uint32_t>(phase) + 1;
  std::vector<uint32_t> rollouts;
  for (const Share& share : shares_) {
    nlohmann::json variants = nlohmann::json::array();
    for (const std::string& name : naming_.classes) {
      const std::string file = folder_ + "/image";
      std::ofstream(file, std::ios::binary)
          << image_bytes(options_.seed, name, number, slot_size(options_), options_.change_percent);
      variants.push_back({{"hardware_class", name}, {"image", share.plant->api().upload(file)}});
    }
    const uint32_t version = share.plant->api().register_version(kModel, variants);
    board_->phase = static_cast<uint32_t>(phase);
    if (rollouts.empty()) {
      board_->start_ms[static_cast<size_t>(phase)] = edge::monotonic_now().ms;
    }
    // The install is not judged: whoever misbehaves does so with the update.
    const uint32_t canary = phase == Phase::kInstall ? 100 : options_.canary_percent;
    rollouts.push_back(share.plant->api().start_rollout(
        kModel, version,
        {{"canary_percent", canary},
         {"min_attempted", std::max(1u, share.count * canary / 200)},
         {"soak_s", 1},
         {"healthy_for_s", 1},
         {"trial_deadline_s", 60},
         {"start_window_s", options_.start_window_s.value_or(0)}}));
  }
  return rollouts;
}

void Conductor::roll(Phase phase) {
  const auto index = static_cast<size_t>(phase);
  stage_ = kPhaseNames[index];
  PhaseReport& report = report_.phases.emplace_back();
  report.name = kPhaseNames[index];
  report.state = "not started";
  report.start_s = phase_began_s_ = progress_at_s_ = recorder_.elapsed_s();
  report.end_s = report.start_s;
  progress_ = 0;
  const std::vector<uint32_t> rollouts = publish(phase);
  report.state = "running";
  watch_phase(phase, rollouts);
}

void Conductor::watch_phase(Phase phase, const std::vector<uint32_t>& rollouts) {
  while (!phase_over(phase, rollouts)) {
    const double passed = recorder_.elapsed_s() - phase_began_s_;
    const bool restart = options_.restart_broker_s && phase == Phase::kUpdate &&
                         !report_.herd.happened && passed >= *options_.restart_broker_s;
    if (restart) restart_brokers();
    tick();
  }
}

/// Nearly all devices came to an end, and the rest may be away.
bool Conductor::mostly_over(Phase phase) const {
  uint64_t ended = 0;
  for (const Step step : {Step::kConfirmed, Step::kReverted, Step::kRejected, Step::kFailed}) {
    ended += recorder_.reached(phase, step);
  }
  return options_.link != Link::kSteady && ended * 100 >= uint64_t{options_.devices} * 95;
}

/// The controllers say so, or nothing has moved for a while.
bool Conductor::phase_over(Phase phase, const std::vector<uint32_t>& rollouts) {
  const double now = recorder_.elapsed_s();
  uint64_t ended = 0;
  for (const Step step : {Step::kStaged, Step::kConfirmed, Step::kReverted, Step::kRejected,
                          Step::kFailed, Step::kRolledBack}) {
    ended += recorder_.reached(phase, step);
  }
  if (ended != progress_) progress_at_s_ = now;
  progress_ = ended;
  report_.phases.back().end_s = now;
  const bool stalled = now - progress_at_s_ > (mostly_over(phase) ? kMostlyStalledS : kStalledS);
  if (!stalled && now - state_asked_s_ < kStateEveryS) return false;
  state_asked_s_ = now;
  size_t over = 0;
  for (size_t i = 0; i < rollouts.size(); ++i) {
    const std::string state = plants_[i]->api().rollout_state(rollouts[i]);
    over += has_ended(state);
    if (i == 0 || !has_ended(state)) report_.phases.back().state = state;
  }
  if (stalled && over < rollouts.size()) {
    report_.phases.back().state += ", nothing moved any more";
    if (phase == Phase::kInstall) cancel(rollouts);
  }
  return stalled || over == rollouts.size();
}

/// A model has one rollout at a time: the next phase needs its place.
void Conductor::cancel(const std::vector<uint32_t>& rollouts) {
  for (size_t i = 0; i < rollouts.size(); ++i) {
    ApiClient& api = plants_[i]->api();
    if (!has_ended(api.rollout_state(rollouts[i]))) api.rollout_verb(rollouts[i], "cancel");
  }
}

// ---- the herd

void Conductor::restart_brokers() {
  HerdReport& herd = report_.herd;
  stage_ = "broker down";
  herd.happened = true;
  herd.at_s = recorder_.elapsed_s();
  herd.devices = recorder_.connected();
  herd.attempts = recorder_.sum(&SwarmCells::attempts);
  const uint64_t wasted = recorder_.sum(&SwarmCells::wasted);
  herd.refused = recorder_.trouble(Trouble::kRefused);
  board_->broker_killed_ms = edge::monotonic_now().ms;
  for (const auto& plant : plants_) plant->kill_broker();
  while (recorder_.elapsed_s() < herd.at_s + options_.broker_down_s) tick();
  for (const auto& plant : plants_) plant->start_broker();
  const auto all_listen = [this] {
    return std::all_of(plants_.begin(), plants_.end(),
                       [](const auto& plant) { return plant->broker_listens(); });
  };
  while (!all_listen()) tick();
  board_->broker_back_ms = edge::monotonic_now().ms;
  herd.down_s = recorder_.elapsed_s() - herd.at_s;
  herd.wasted = recorder_.sum(&SwarmCells::wasted);
  herd.cut_off = herd.wasted - wasted;
  stage_ = kPhaseNames[1];
}

/// Until everybody is back, at most three windows.
void Conductor::await_herd() {
  if (!options_.restart_broker_s) return;
  if (!report_.herd.happened) restart_brokers();
  stage_ = "reconnecting";
  const double limit = report_.herd.at_s + report_.herd.down_s + 3.0 * options_.reconnect_window_s;
  do {
    recorder_.fill_herd(report_.herd);
    tick();
  } while (report_.herd.back < report_.herd.devices && recorder_.elapsed_s() < limit);
}

// ---- watching

void Conductor::check_alive() {
  if (interrupted()) throw LoadError("interrupted");
  const bool broker_may_be_down = stage_ == "broker down";
  for (const auto& plant : plants_) {
    const std::string dead = broker_may_be_down ? "" : plant->dead_part();
    if (!dead.empty()) throw LoadError(dead);
  }
  for (size_t i = 0; i < swarms_.size(); ++i) {
    if (swarms_[i].running()) continue;
    throw LoadError("a process with devices ended: " +
                    tail_of(folder_ + "/swarm-" + std::to_string(i) + ".log"));
  }
}

void Conductor::tick() {
  check_alive();
  recorder_.sample(watched());
  display_.show(view());
  ::poll(nullptr, 0, kTickMs);
}

Watched Conductor::watched() const {
  Watched out;
  for (const auto& plant : plants_) {
    if (plant->controller_pid() > 0) out.controllers.push_back(plant->controller_pid());
    if (plant->broker_pid() > 0) out.brokers.push_back(plant->broker_pid());
  }
  for (const Child& swarm : swarms_) out.swarms.push_back(swarm.pid());
  return out;
}

View Conductor::view() const {
  View out;
  out.stage = stage_;
  out.elapsed_s = recorder_.elapsed_s();
  out.limit_s = options_.minutes * 60;
  out.devices = options_.devices;
  out.enrolled = enrolled_.load();
  out.connected = recorder_.connected();
  out.acknowledged = recorder_.sum(&SwarmCells::acknowledged);
  for (size_t i = 0; i < report_.phases.size(); ++i) {
    const auto phase = static_cast<Phase>(i);
    out.rollouts.push_back(
        {kPhaseNames[i],
         {recorder_.reached(phase, Step::kStaged), recorder_.reached(phase, Step::kConfirmed)}});
    for (const Step step : {Step::kReverted, Step::kRejected, Step::kFailed}) {
      out.ended_badly += recorder_.reached(phase, step);
    }
  }
  for (size_t i = 0; i < kTroubles; ++i) {
    const uint64_t times = recorder_.trouble(static_cast<Trouble>(i));
    if (times == 0) continue;
    out.troubles += (out.troubles.empty() ? "" : ", ") +
                    std::string(trouble_name(static_cast<Trouble>(i))) + " " + grouped(times);
  }
  const auto& samples = recorder_.samples();
  if (!samples.empty()) out.now = &samples.back();
  if (samples.size() > 1) out.before = &samples[samples.size() - 2];
  return out;
}

// ---- the end

void Conductor::finish() {
  if (!folder_.empty()) recorder_.sample_now(watched());
  HerdReport& herd = report_.herd;
  if (herd.happened) {
    recorder_.fill_herd(herd);
    herd.attempts = recorder_.sum(&SwarmCells::attempts) - herd.attempts;
    herd.wasted = recorder_.sum(&SwarmCells::wasted) - herd.wasted;
    herd.refused = recorder_.trouble(Trouble::kRefused) - herd.refused;
    herd.within_goal =
        herd.back >= herd.devices && herd.last_back_s <= 1.3 * static_cast<double>(herd.window_s);
  }
  for (size_t i = 0; i < report_.phases.size(); ++i) {
    recorder_.fill_phase(static_cast<Phase>(i), report_.phases[i]);
  }
  for (size_t i = 0; i < kTroubles; ++i) {
    const uint64_t times = recorder_.trouble(static_cast<Trouble>(i));
    if (times > 0) report_.troubles[trouble_name(static_cast<Trouble>(i))] = times;
  }
  report_.wasted = recorder_.sum(&SwarmCells::wasted);
  report_.refused_messages = recorder_.sum(&SwarmCells::malformed);
  report_.restarts = recorder_.sum(&SwarmCells::restarts);
  report_.late_ms = recorder_.lateness();
  const auto loaded = static_cast<double>(recorder_.sum(&SwarmCells::rss_kib_loaded));
  report_.device_kib = recorder_.device_kib(options_.devices, loaded);
  report_.samples = recorder_.samples();
  if (!report_.samples.empty()) {
    report_.device_kib_end =
        recorder_.device_kib(options_.devices, report_.samples.back().devices_mib * 1024);
  }
  report_.seconds = recorder_.elapsed_s();
  display_.end(view());
  board_->command = Command::kStop;
  for (Child& swarm : swarms_) swarm.wait(5000);
  if (options_.is_foreign()) {
    for (const Share& share : shares_) retire(share, naming_);
  }
}

}  // namespace flotilla::sim
