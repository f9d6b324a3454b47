#include "simulator/device/device_host.h"

#include <algorithm>
#include <utility>

#include "edge-client/core/boot_record.h"
#include "schemas/wire/wire.h"

namespace flotilla::sim {
namespace {

/// Steps at one instant after which a device is called restless and made to wait.
constexpr int kMaxSteps = 200;
/// Slices of slow work at one instant.
constexpr int kSlices = 8;
constexpr MonoTime kBootInstant{1000};
constexpr int64_t kMillion = 1'000'000;

constexpr size_t words(size_t bytes) {
  return (bytes + 7) / 8;
}

MutableBytes view(std::vector<uint64_t>& block) {
  return {reinterpret_cast<uint8_t*>(block.data()), block.size() * 8};
}

}  // namespace

SharedMemory::SharedMemory(uint32_t chunk_max, uint32_t decoder_memory)
    : chunk(words(chunk_max + kChunkOverhead)),
      decoder(words(decoder_memory)),
      message(words(kMaxEnvelope)),
      arena(words(wire::kDeviceArena)) {}

DeviceHost::DeviceHost(const DeviceOptions& options, const DeviceSurroundings& around)
    : options_(options),
      around_(around),
      self_(around.scheduler.add(*this)),
      network_(around.chance.split("network")),
      seeds_(around.chance.split("seeds")),
      power_(around.chance.split("power")),
      medium_({around.pool, power_, around.trace},
              static_cast<uint8_t>(options.agent.device.models.size()), options.geometry),
      application_({power_, medium_, around.catalogue, around.digest, options.number,
                    static_cast<uint8_t>(options.agent.device.models.size())},
                   {[this](uint8_t model, edge::SelfTestOutcome outcome) {
                      around_.scheduler.after(options_.self_test, self_, kSelfTest,
                                              uint64_t{boots_} << 16 | uint64_t{model} << 8 |
                                                  static_cast<uint64_t>(outcome));
                    },
                    [this] { around_.scheduler.after(seconds(3), self_, kCrash, boots_); },
                    [this](uint8_t model, const Digest& image, const Digest& measured) {
                      around_.watch.on_activated(*this, model, image, measured);
                    }}),
      crypto_(around.digest),
      signer_(around.digest, options.number),
      reports_(std::make_unique_for_overwrite<uint64_t[]>(
          words(2 * kMaxStateReport + kMaxHealthReport))) {}

void DeviceHost::on_event(uint32_t kind, uint64_t value) {
  switch (static_cast<Kind>(kind)) {
    case kWake:
      if (value != wake_number_ || agent_ == nullptr) return;
      wake_at_ = kNever;
      // What it was for has passed meanwhile: an answer came in time.
      if (around_.scheduler.now() < needed_at_) return wake_at(needed_at_);
      return drive();
    case kUplink:
      if (value == wire_.epoch) on_uplink();
      return;
    case kDownlink:
      if (value == wire_.epoch) on_downlink();
      return;
    case kConnected:
      if (value == wire_.epoch) finish_connect(true);
      return;
    case kConnectFailed:
      if (value == wire_.epoch) finish_connect(false);
      return;
    case kPeerClosed:
      if (value != wire_.epoch) return;
      hang_up();
      if (agent_ != nullptr) drive();
      return;
    case kRestart:
      if (down_ && value == boots_) boot();
      return;
    case kSelfTest:
      if (agent_ == nullptr || value >> 16 != boots_) return;
      agent_->on_self_test(static_cast<uint8_t>(value >> 8),
                           static_cast<edge::SelfTestOutcome>(value & 0xFF), "", local_now());
      return drive();
    case kCrash:
      if (agent_ != nullptr && value == boots_) power_cycle(options_.restart);
      return;
  }
}

// ---- life

/// The device's own clock: begins anew with every boot, and drifts.
MonoTime DeviceHost::local(MonoTime time) const {
  const int64_t passed = (time - booted_at_).ms;
  return kBootInstant + milliseconds(passed + passed * options_.clock_ppm / kMillion);
}

edge::AgentMemory DeviceHost::memory() {
  auto* const bytes = reinterpret_cast<uint8_t*>(reports_.get());
  edge::AgentMemory out;
  out.chunk = view(around_.memory.chunk);
  out.decoder = view(around_.memory.decoder);
  out.message = view(around_.memory.message);
  out.arena = view(around_.memory.arena);
  out.state = {bytes, kMaxStateReport};
  out.state_behind = {bytes + kMaxStateReport, kMaxStateReport};
  out.health = {bytes + 2 * kMaxStateReport, kMaxHealthReport};
  return out;
}

bool DeviceHost::start_agent() {
  const edge::AgentPorts ports{crypto_, signer_, medium_, medium_, application_};
  // A base that only members may see, so no std::make_unique.
  agent_.reset(new edge::Agent(options_.agent, ports, memory(), this, seeds_.word()));
  std::vector<uint64_t> aligned(words(around_.keyset.size()));
  const MutableBytes bytes = view(aligned).first(around_.keyset.size());
  copy(as_bytes(around_.keyset), bytes);
  const auto keyset = wire::decode_keyset(bytes);
  return keyset.ok() && agent_->start(keyset.value(), local_now()).ok();
}

void DeviceHost::boot() {
  down_ = false;
  power_.restore();
  booted_at_ = around_.scheduler.now();
  wake_at_ = kNever;
  ++boots_;
  application_.boot();
  const bool started = start_agent();
  around_.watch.on_booted(*this, started);
  if (lost_power() || !started) return shut_down(options_.restart);
  drive();
}

/// The broker is told nothing: it finds out by its keep-alive, or when the device comes back.
void DeviceHost::shut_down(Duration down) {
  power_.turn_off();
  agent_.reset();
  wire_.dead = true;
  hang_up();
  medium_.lose_power();
  down_ = true;
  ++wake_number_;
  around_.scheduler.after(down, self_, kRestart, boots_);
}

void DeviceHost::power_cycle(Duration down) {
  if (!down_) shut_down(down);
}

void DeviceHost::cut_power_after(uint32_t more, Duration down) {
  if (down_) return;
  cut_down_ = down;
  power_.cut_after(more);
}

void DeviceHost::flip_bit(Chance& chance) {
  if (agent_ == nullptr || lost_power() || agent_->has_work()) return;
  const edge::Slot active = application_.link(0).slot;
  edge::ModelRecord record;
  edge::BootRecord boot;
  const auto found = boot.load(medium_, 0, options_.agent.device.models[0], record);
  if (found != edge::RecordPair::Found::kValid || record.state != UpdateState::kTransferring)
    return;
  if (active == edge::Slot::kNone) return;
  (void)medium_.flip(0, edge::other(active), chance);
}

void DeviceHost::install_software(const std::string& name) {
  options_.agent.device.software.assign_truncated(name);
  power_cycle(options_.restart);
}

void DeviceHost::lose_journal() {
  if (!down_) shut_down(options_.restart);
  medium_.wipe_journal();
}

void DeviceHost::drive() {
  const MonoTime now = local_now();
  bool busy = true;
  for (int step = 0; busy && agent_ != nullptr && !lost_power(); ++step) {
    busy = drive_once(now);
    if (!busy) busy = work(now);
    if (step < kMaxSteps) continue;
    around_.watch.on_restless(*this);
    return wake_at(around_.scheduler.now() + milliseconds(1));
  }
  if (agent_ == nullptr) return;
  if (lost_power()) return shut_down(cut_down_);
  arm();
}

void DeviceHost::wake_at(MonoTime when) {
  wake_at_ = when;
  needed_at_ = when;
  around_.scheduler.at(when, self_, kWake, ++wake_number_);
}

/// A few slices an instant, so that other things happen in between.
bool DeviceHost::work(MonoTime now) {
  for (int slice = 0; agent_->has_work() && !lost_power(); ++slice) {
    if (slice == kSlices) {
      working_ = true;
      return false;
    }
    agent_->work(now);
    if (!agent_->has_work()) return true;
  }
  return false;
}

/// One turn of the daemon's loop but for the slow work. True when something was done.
bool DeviceHost::drive_once(MonoTime now) {
  bool busy = false;
  if (now >= agent_->next_deadline() && !agent_->should_open(now)) {
    agent_->tick(now);
    busy = true;
  }
  if (!wire_.open && agent_->should_open(now)) {
    if (now >= agent_->device().next_deadline()) agent_->tick(now);
    connect();
    busy = true;
  }
  if (!agent_->pending_output().empty()) {
    send_pending();
    busy = true;
  }
  if (agent_->should_close(now)) {
    hang_up();
    busy = true;
  }
  return busy;
}

/// A wake-up that comes too early only looks; so an earlier one that is pending stays.
void DeviceHost::arm() {
  if (std::exchange(working_, false)) return wake_at(around_.scheduler.now() + milliseconds(1));
  const MonoTime deadline = agent_->next_deadline();
  if (deadline == kNever) return;  // an earlier wake-up only looks
  const int64_t passed = std::max<int64_t>(0, (deadline - kBootInstant).ms);
  const int64_t scale = kMillion + options_.clock_ppm;
  const MonoTime when = options_.clock_ppm == 0
                            ? booted_at_ + milliseconds(passed)
                            : booted_at_ + milliseconds(passed / scale * kMillion +
                                                        passed % scale * kMillion / scale + 1);
  const MonoTime at = std::max(when, around_.scheduler.now() + milliseconds(1));
  needed_at_ = at;
  if (wake_at_ > at) wake_at(at);
}

// ---- network

void DeviceHost::connect() {
  agent_->opening();
  ++wire_.epoch;
  wire_.dead = false;
  const Duration round_trip = {2 * options_.link.latency.ms};
  if (!reachable_) {
    around_.scheduler.after(options_.link.unreachable_timeout, self_, kConnectFailed, wire_.epoch);
  } else if (!around_.broker.running()) {
    around_.scheduler.after(round_trip, self_, kConnectFailed, wire_.epoch);
  } else {
    around_.scheduler.after(round_trip, self_, kConnected, wire_.epoch);
  }
}

void DeviceHost::finish_connect(bool accepted) {
  if (agent_ == nullptr) return;
  if (!accepted || !reachable_) {
    agent_->closed(local_now());
    return drive();
  }
  wire_.open = true;
  std::erase_if(ghosts_, [](const auto& ghost) { return !ghost->is_open(); });
  if (session_ != nullptr && session_->is_open()) ghosts_.push_back(std::move(session_));
  session_ = std::make_unique<ByteSession>(
      around_.broker, uint16_t{20},
      ByteSession::Events{[this](std::string bytes) { on_bytes_from_broker(std::move(bytes)); },
                          [this, epoch = wire_.epoch](bool) {
                            if (wire_.dead || epoch != wire_.epoch) return;
                            around_.scheduler.at(arrival(wire_.down, 0), self_, kPeerClosed, epoch);
                          }});
  agent_->opened(local_now());
  drive();
}

/// This side knows that the connection is over; the broker learns it unless the network is gone.
void DeviceHost::hang_up() {
  const bool known = wire_.open;
  wire_.open = false;
  ++wire_.epoch;
  wire_.up = {};
  wire_.down = {};
  if (session_ != nullptr && !wire_.dead) session_->lost();
  if (agent_ == nullptr || !known) return;
  agent_->closed(local_now());
}

void DeviceHost::drop_connection(bool noticed) {
  if (!wire_.open) return;
  if (!noticed) {
    wire_.dead = true;
    return;
  }
  hang_up();
  if (agent_ != nullptr) drive();
}

void DeviceHost::set_reachable(bool reachable, bool noticed) {
  reachable_ = reachable;
  if (!reachable) drop_connection(noticed);
}

void DeviceHost::send_pending() {
  const MonoTime now = local_now();
  std::string bytes;
  for (Bytes out = agent_->pending_output(); !out.empty(); out = agent_->pending_output()) {
    bytes += as_text(out);
    agent_->transmit_done(out.size(), now);
  }
  if (!wire_.open || wire_.dead || lost_power()) return;
  around_.watch.on_message(*this);
  const MonoTime arrives = arrival(wire_.up, bytes.size());
  wire_.up.packets.push_back(std::move(bytes));
  around_.scheduler.at(arrives, self_, kUplink, wire_.epoch);
}

MonoTime DeviceHost::arrival(Lane& lane, size_t size) {
  const LinkProfile& link = options_.link;
  const int64_t sending =
      link.bytes_per_s == 0 ? 0 : static_cast<int64_t>(size) * 1000 / link.bytes_per_s;
  lane.free_at = std::max(lane.free_at, around_.scheduler.now()) + milliseconds(sending);
  const MonoTime arrives = lane.free_at + link.latency + network_.up_to(link.jitter);
  lane.last_arrival = std::max(lane.last_arrival, arrives);
  return lane.last_arrival;
}

void DeviceHost::on_uplink() {
  if (wire_.up.packets.empty()) return;
  const std::string bytes = std::move(wire_.up.packets.front());
  wire_.up.packets.pop_front();
  if (wire_.dead || session_ == nullptr) return;
  around_.trace.bytes(TraceKind::kBytes, as_bytes(bytes));
  session_->feed(as_bytes(bytes));
}

void DeviceHost::on_bytes_from_broker(std::string bytes) {
  if (!wire_.open || wire_.dead) return;
  const MonoTime before = wire_.down.last_arrival;
  const MonoTime arrives = arrival(wire_.down, bytes.size());
  // What arrives at one instant arrives together.
  if (!wire_.down.packets.empty() && arrives == before) {
    wire_.down.packets.back() += bytes;
    return;
  }
  wire_.down.packets.push_back(std::move(bytes));
  around_.scheduler.at(arrives, self_, kDownlink, wire_.epoch);
}

void DeviceHost::on_downlink() {
  if (wire_.down.packets.empty()) return;
  const std::string bytes = std::move(wire_.down.packets.front());
  wire_.down.packets.pop_front();
  if (wire_.dead || agent_ == nullptr) return;
  around_.trace.bytes(TraceKind::kBytes, as_bytes(bytes));
  agent_->receive(as_bytes(bytes), local_now());
  drive();
}

}  // namespace flotilla::sim
