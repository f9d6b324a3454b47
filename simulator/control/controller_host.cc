#include "simulator/control/controller_host.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

namespace flotilla::sim {

using namespace controller;
using namespace controller::app;

namespace {

constexpr WallTime kWallStart{1'800'000'000'000};
constexpr MonoTime kMonoStart{1'000'000};
constexpr Duration kTurnDelay = milliseconds(5);  ///< what arrives meanwhile is one batch
constexpr size_t kMaxJobs = 4096;
constexpr size_t kLogLines = 200;

/// Thrown through the adapters' side of the loop where the process dies.
struct ProcessDied {};

}  // namespace

/// The store with its crash points.
class ControllerHost::GuardedStore final : public Store {
 public:
  explicit GuardedStore(ControllerHost& host) : host_(host) {}
  ~GuardedStore() = default;

  Status commit(const std::vector<Write>& batch) override {
    host_.at_boundary(CrashPoint::kBeforeCommit);
    const Status status = host_.store_.commit(batch);
    host_.at_boundary(CrashPoint::kAfterCommit);
    return status;
  }
  Status scan(std::string_view prefix,
              const std::function<bool(std::string_view, std::string_view)>& visit) override {
    return host_.store_.scan(prefix, visit);
  }
  Status scan_back(std::string_view prefix, std::string_view before,
                   const std::function<bool(std::string_view, std::string_view)>& visit) override {
    return host_.store_.scan_back(prefix, before, visit);
  }
  Result<std::optional<std::string>> get(std::string_view key) override {
    return host_.store_.get(key);
  }

 private:
  ControllerHost& host_;
};

/// Everything that dies with the process.
struct ControllerHost::Process {
  explicit Process(ControllerHost& host);

  std::atomic<bool> cancelled = false;
  Mailbox mailbox;
  std::map<uint64_t, std::function<void()>> jobs;  ///< by number
  uint64_t last_job = 0;
  ShelfDesk desk;
  EffectRunner runner;
  Intake intake;
  api::Api api;
  Loop loop;
};

ControllerHost::Process::Process(ControllerHost& host)
    : desk({host.topics_, host.hasher_, host.publisher_, host.auditor_, host.artifacts_, mailbox,
            [&host](LogLevel level, const char* event, std::initializer_list<LogField> fields) {
              host.complain(format_log(level, event, fields));
            },
            host.guarded_.get()}),
      runner(EffectRunner::Parts{
          host.publisher_, host.topics_, host.hasher_, host.director_key_, host.artifacts_,
          host.payloads_, host.parallel_,
          [&host](std::function<void()> job) {
            return host.submit(std::move(job), host.options_.build);
          },
          cancelled, mailbox,
          [](const std::map<std::string, Device>&, std::string&) { return ok_status(); },
          host.around_.keyset,
          [](const std::string&) {
            return Status(Code::kUnimplemented, "keys change with the process");
          },
          [this](const PlaceTransfer& effect) { desk.place(effect); },
          [this](const ClearTransfer& effect) { desk.clear(effect); },
          [this](const std::string& name, const std::set<TransferId>& known) {
            desk.sweep(name, known);
          },
          [&host](LogLevel level, const char* event, std::initializer_list<LogField> fields) {
            host.complain(format_log(level, event, fields));
          },
          [] { return BuildProgress::Clock::time_point(); }}),  // no time passes in a build
      intake(Intake::Parts{host.topics_, host.hasher_, host.verifier_,
                           [&host](std::function<void()> job) {
                             return host.submit(std::move(job), host.options_.check);
                           },
                           [&host, this](Mail mail) {
                             host.wake();
                             return mailbox.push(std::move(mail));
                           },
                           [&host](const std::string& topic, const char* reason) {
                             host.complain("message_dropped " + topic + ": " + reason);
                           }}),
      api(api::Surroundings{*host.guarded_,
                            host.artifacts_,
                            host.hasher_,
                            &host.release_key_,
                            [](MutableBytes bytes) { fill(bytes, 0); },
                            [](const std::string&) -> Result<api::CertificateFacts> {
                              return Status(Code::kUnimplemented, "no certificates here");
                            },
                            [&host] { return host.publisher_.connected(); },
                            [] { return std::map<std::string, uint64_t>(); },
                            "simulated",
                            {}}),
      loop(LoopParts{
          *host.guarded_, host.hasher_, mailbox, api, intake, runner, host.options_.plane,
          [&host] { return host.wall_now(); },
          [&host] { return kMonoStart + (host.around_.scheduler.now() - host.started_at_); },
          [&host](const char* event, const char* reason) {
            host.complain(std::string(event) + ": " + reason);
          }}) {}

ControllerHost::ControllerHost(const ControllerOptions& options,
                               const ControllerSurroundings& around)
    : options_(options),
      around_(around),
      self_(around.scheduler.add(*this)),
      topics_(options.topic_prefix),
      hasher_(around.digest),
      verifier_(around.digest),
      release_key_(around.digest, "release", 1),
      director_key_(around.digest, "director", 1),
      store_(around.trace),
      artifacts_(hasher_),
      publisher_({around.scheduler, around.broker, around.trace, around.chance.split("publisher"),
                  "flotilla.controller"}),
      auditor_({around.scheduler, around.broker, around.trace, around.chance.split("auditor"),
                "flotilla.auditor"}),
      guarded_(std::make_unique<GuardedStore>(*this)) {
  publisher_.before_publish = [this] { at_boundary(CrashPoint::kAmidEffects); };
}

ControllerHost::~ControllerHost() = default;

void ControllerHost::complain(const std::string& line) {
  log_.push_back(std::to_string(around_.scheduler.now().ms) + " " + line);
  if (log_.size() > kLogLines) log_.pop_front();
}

WallTime ControllerHost::wall_now() const {
  return kWallStart + milliseconds(around_.scheduler.now().ms + wall_offset_.ms);
}

const ControlPlane* ControllerHost::plane() const {
  return process_ ? process_->loop.plane() : nullptr;
}

EffectCounters ControllerHost::effect_counters() const {
  return process_ ? process_->runner.counters() : EffectCounters{};
}

IntakeCounters ControllerHost::intake_counters() const {
  return process_ ? process_->intake.counters() : IntakeCounters{};
}

// ---- life

void ControllerHost::start() {
  ++life_;
  started_at_ = around_.scheduler.now();
  turn_at_ = kNever;
  shelf_at_ = kNever;
  process_ = std::make_unique<Process>(*this);
  const Status loaded = process_->loop.load();
  if (!loaded.ok()) complain(std::string("cannot load: ") + loaded.reason());
  publisher_.start({[this] {
                      process_->desk.shelf().on_publisher(true);
                      process_->mailbox.push(Fact{BrokerConnected{}});
                      wake();
                      schedule_shelf();
                    },
                    [this](const std::string&) {
                      process_->desk.shelf().on_publisher(false);
                      process_->mailbox.push(Fact{BrokerLost{}});
                      wake();
                    },
                    [this](std::string topic, std::string payload, bool) {
                      process_->mailbox.push(BrokerMessage{std::move(topic), std::move(payload)});
                      wake();
                    },
                    [this](uint64_t token, bool ok, const std::string& reason) {
                      if ((token & ShelfPublisher::kTokenBit) != 0) {
                        process_->desk.shelf().on_published(token, ok, reason);
                        return schedule_shelf();
                      }
                      process_->runner.on_published(token, ok, reason);
                      wake();
                    }});
  auditor_.start({[this] {
                    process_->desk.shelf().on_auditor(true);
                    schedule_shelf();
                  },
                  [this](const std::string&) { process_->desk.shelf().on_auditor(false); },
                  [this](const std::string& topic, const std::string& payload, bool retained) {
                    process_->desk.shelf().on_message(topic, payload, retained);
                    schedule_shelf();
                  },
                  [](uint64_t, bool, const std::string&) {}});
  around_.scheduler.after(Loop::kTickInterval, self_, kTick, life_);
  wake();
}

void ControllerHost::kill(Duration down) {
  if (process_ == nullptr) return;
  crash_down_ = down;
  die();
}

void ControllerHost::rotate_director(uint64_t number, const std::string& keyset, Duration down) {
  director_key_ = SimSigner(around_.digest, "director", number);
  around_.keyset = keyset;
  options_.plane.keyset_epoch = static_cast<uint32_t>(number);
  kill(down);
}

void ControllerHost::die() {
  ++crashes_;
  ++life_;
  process_.reset();
  publisher_.kill();
  auditor_.kill();
  store_.crash();
  crash_point_.reset();
  around_.scheduler.after(crash_down_, self_, kStart, life_);
}

void ControllerHost::die_at(CrashPoint point, uint32_t count, Duration down) {
  crash_point_ = point;
  crash_count_ = count;
  crash_down_ = down;
}

void ControllerHost::at_boundary(CrashPoint point) {
  if (crash_point_ != point || process_ == nullptr) return;
  if (crash_count_-- > 0) return;
  crash_point_.reset();
  throw ProcessDied{};
}

void ControllerHost::set_reachable(bool reachable, bool noticed) {
  publisher_.set_reachable(reachable, noticed);
  auditor_.set_reachable(reachable, noticed);
}

// ---- events

void ControllerHost::on_event(uint32_t kind, uint64_t value) {
  if (kind == kJob ? process_ == nullptr : value != life_) return;
  try {
    switch (static_cast<Kind>(kind)) {
      case kTurn:
        turn_at_ = kNever;
        return turn();
      case kTick:
        around_.scheduler.after(Loop::kTickInterval, self_, kTick, life_);
        return turn();
      case kJob: {
        const auto job = process_->jobs.find(value & UINT32_MAX);
        if (job == process_->jobs.end() || value >> 32 != life_) return;
        const std::function<void()> run = std::move(job->second);
        process_->jobs.erase(job);
        run();
        return wake();
      }
      case kShelf:
        shelf_at_ = kNever;
        return drive_shelf();
      case kStart:
        return start();
    }
  } catch (const ProcessDied&) {
    die();
  }
}

void ControllerHost::wake() {
  const MonoTime at = around_.scheduler.now() + kTurnDelay;
  if (turn_at_ <= at) return;
  turn_at_ = at;
  around_.scheduler.at(at, self_, kTurn, life_);
}

void ControllerHost::turn() {
  const size_t before = process_->desk.shelf().queued();
  if (process_->loop.turn(0)) wake();
  if (process_->desk.shelf().queued() != before) schedule_shelf();
  if (after_turn) after_turn();
}

bool ControllerHost::submit(std::function<void()> job, Duration takes) {
  if (process_->jobs.size() >= kMaxJobs) return false;
  process_->jobs[++process_->last_job] = std::move(job);
  around_.scheduler.after(takes, self_, kJob, life_ << 32 | process_->last_job);
  return true;
}

Status ControllerHost::execute(const Event& event, const std::string& actor) {
  if (process_ == nullptr || process_->loop.plane() == nullptr) {
    return {Code::kUnavailable, "the controller is down"};
  }
  try {
    const Status status = process_->loop.execute(event, {actor, "admin"});
    wake();
    return status;
  } catch (const ProcessDied&) {
    die();
    return {Code::kUnavailable, "the controller died over it"};
  }
}

// ---- the shelf

void ControllerHost::schedule_shelf() {
  const MonoTime now = around_.scheduler.now();
  if (shelf_at_ <= now) return;
  shelf_at_ = now;
  around_.scheduler.at(now, self_, kShelf, life_);
}

void ControllerHost::drive_shelf() {
  ChunkShelf& shelf = process_->desk.shelf();
  const MonoTime now = around_.scheduler.now();
  const size_t before = shelf.queued();
  shelf.tick(now);
  if (shelf.queued() != before) wake();
  const MonoTime next = std::max(shelf.next_deadline(), now + milliseconds(1));
  if (shelf.next_deadline() == kNever || shelf_at_ <= next) return;
  shelf_at_ = next;
  around_.scheduler.at(next, self_, kShelf, life_);
}

}  // namespace flotilla::sim
