#include "simulator/load/swarm/virtual_device.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "simulator/load/swarm/packet_border.h"

namespace flotilla::sim {
namespace {

constexpr int kReadsPerTurn = 2;  // then other devices get their turn
constexpr size_t kReadSize = 8 * 1024;
constexpr int kSlicesPerTurn = 4;
constexpr Duration kRestart = seconds(3);
constexpr int64_t kUpMean = 120'000;
constexpr int64_t kDownMean = 5'000;
constexpr int64_t kShift = 60'000;
constexpr int64_t kShiftOff = 18'000;

void count(Cell& cell, uint64_t by = 1) {
  cell.fetch_add(by, std::memory_order_relaxed);
}

}  // namespace

VirtualDevice::VirtualDevice(Surroundings& around, uint32_t number)
    : around_(around),
      number_(number),
      conduct_(draw_conduct()),
      chance_(Prng(around.config.seed).split("device " + std::to_string(number))),
      log_(around.board, around.cells, class_of(number, around.config.classes.size())),
      crypto_(around.memo),
      signer_(around.keys.of(number)),
      storage_(around.pool, static_cast<uint32_t>(around.config.slot_size)),
      application_(storage_, crypto_, conduct_),
      link_(around.address, around.tls_socket(number)) {}

Conduct VirtualDevice::draw_conduct() const {
  const Misbehaviour& shares = around_.config.misbehaviour;
  const std::string name = "conduct " + std::to_string(number_);
  uint32_t draw = Prng(around_.config.seed).split(name).below(100);
  const std::array<std::pair<uint32_t, Conduct>, 4> table = {
      {{shares.crash, Conduct::kCrashes},
       {shares.revert, Conduct::kReverts},
       {shares.flood, Conduct::kFloods},
       {shares.disappear, Conduct::kDisappears}}};
  for (const auto& [share, conduct] : table) {
    if (draw < share) return conduct;
    draw -= share;
  }
  return Conduct::kGood;
}

// ---- life

void VirtualDevice::start(MonoTime now) {
  now_ = now;
  back_at_ = kNever;
  application_.boot();
  const edge::AgentConfig config = around_.agent_config(number_, conduct_ == Conduct::kFloods);
  edge::AgentMemory memory = around_.memory();
  memory.state = MutableBytes(reports_).first(kStateReport);
  memory.health = MutableBytes(reports_).subspan(kStateReport);
  const edge::AgentPorts ports{crypto_, signer_, storage_, storage_, application_};
  agent_.emplace(config, ports, memory, static_cast<edge::AgentObserver*>(this),
                 around_.random.next());
  messages_ = 0;
  refused_ = 0;
  const Status started = agent_->start(around_.keyset(), now);
  if (!started.ok()) throw std::runtime_error(std::string("agent: ") + started.reason());
  if (around_.config.link != Link::kSteady && toggle_at_ == kNever) toggle_reachability(now);
}

void VirtualDevice::stop(MonoTime now) {
  now_ = now;
  stopping_ = true;
  if (!agent_.has_value()) return;
  agent_->stop(now);
  if (link_.state() == BrokerLink::State::kOpen) (void)send(now);
  link_.close();
}

/// False: the device is off.
bool VirtualDevice::run_life(MonoTime now) {
  if (!agent_.has_value()) {
    if (now < back_at_) return false;
    start(now);
  }
  if (application_.take_crash()) {
    power_off(now + kRestart);
    return false;
  }
  if (conduct_ == Conduct::kDisappears && log_.phase() == Phase::kUpdate &&
      log_.reached(Step::kStaged)) {
    power_off(kNever);
    return false;
  }
  if (now >= toggle_at_) toggle_reachability(now);
  return true;
}

void VirtualDevice::power_off(MonoTime back) {
  count(around_.cells.restarts);
  if (log_.is_online()) log_.offline(Trouble::kLost);
  link_.close();
  registered = 0;
  std::string().swap(tail_);
  agent_.reset();
  back_at_ = back;
}

int64_t VirtualDevice::exponential_ms(int64_t mean_ms) {
  const double draw = (chance_.below(1'000'000) + 1) / 1'000'001.0;
  return static_cast<int64_t>(-std::log(draw) * static_cast<double>(mean_ms)) + 1;
}

void VirtualDevice::toggle_reachability(MonoTime now) {
  const bool first = toggle_at_ == kNever;
  if (!first) reachable_ = !reachable_;
  int64_t next = 0;
  if (around_.config.link == Link::kFlaky) {
    next = exponential_ms(reachable_ ? kUpMean : kDownMean);
  } else if (first) {
    next = chance_.below(static_cast<uint32_t>(kShift));
  } else {
    next = reachable_ ? kShift - kShiftOff : kShiftOff;
  }
  toggle_at_ = now + milliseconds(next);
  if (!reachable_ && link_.state() != BrokerLink::State::kClosed) hang_up(now);
}

void VirtualDevice::drive(MonoTime now) {
  now_ = now;
  if (!run_life(now)) return;
  run_agent(now);
  run_link(now);
  note_counters();
}

void VirtualDevice::run_agent(MonoTime now) {
  edge::SelfTestOutcome outcome{};
  if (application_.take_self_test(outcome)) agent_->on_self_test(0, outcome, "", now);
  if (now >= agent_->next_deadline()) agent_->tick(now);
  for (int i = 0; i < kSlicesPerTurn && agent_->has_work(); ++i) agent_->work(now);
}

MonoTime VirtualDevice::next_deadline(MonoTime now) const {
  if (!agent_.has_value()) return back_at_;
  if (more_ || agent_->has_work() || application_.self_test_due()) return now;
  const MonoTime agent = std::max(agent_->next_deadline(), now + milliseconds(1));
  return std::min({agent, link_.deadline(), toggle_at_});
}

// ---- connection

void VirtualDevice::run_link(MonoTime now) {
  if (agent_->should_open(now)) open(now);
  if (link_.state() != BrokerLink::State::kOpen) establish(now);
  if (link_.state() == BrokerLink::State::kOpen) {
    Status status = receive(now);
    if (status.ok()) status = send(now);
    if (!status.ok()) return hang_up(now);
  }
  if (agent_->should_close(now)) hang_up(now);
}

void VirtualDevice::open(MonoTime now) {
  agent_->opening();
  count(around_.cells.attempts);
  if (reachable_ && link_.open(now).ok()) {
    if (link_.state() == BrokerLink::State::kOpen) {
      count(around_.cells.transports);
      agent_->opened(now);
    }
    return;
  }
  log_.no_transport(reachable_ ? link_.trouble() : Trouble::kUnreachable);
  agent_->closed(now);
}

void VirtualDevice::establish(MonoTime now) {
  if (link_.state() == BrokerLink::State::kClosed) return;
  if (!link_.drive(now).ok()) {
    registered = 0;
    log_.no_transport(link_.trouble());
    return agent_->closed(now);
  }
  if (link_.state() != BrokerLink::State::kOpen) return;
  count(around_.cells.transports);
  agent_->opened(now);
}

/// Whoever ended it: the descriptor goes, and the agent plans the next attempt.
void VirtualDevice::hang_up(MonoTime now) {
  link_.close();
  registered = 0;
  more_ = false;
  std::string().swap(tail_);
  agent_->closed(now);
}

/// The agent is given whole packets, so that memory for their contents can be everybody's.
Status VirtualDevice::receive(MonoTime now) {
  const MutableBytes buffer = around_.receive_buffer();
  more_ = false;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const size_t before = tail_.size();
    const size_t room = std::min(kReadSize, buffer.size() - before);
    const Result<size_t> n = link_.read(buffer.subspan(before, room));
    FLOTILLA_TRY(n.status());
    if (n.value() == 0) return ok_status();
    count(around_.cells.bytes_in, n.value());
    copy(as_bytes(tail_), buffer);
    const Bytes all = buffer.first(before + n.value());
    const size_t whole = all.size() == buffer.size() ? all.size() : whole_packets(all);
    std::string rest(as_text(all.subspan(whole)));
    tail_.swap(rest);
    if (whole > 0) agent_->receive(all.first(whole), now);
    FLOTILLA_TRY(send(now));
  }
  more_ = true;
  return ok_status();
}

Status VirtualDevice::send(MonoTime now) {
  for (;;) {
    const Bytes out = agent_->pending_output();
    if (out.empty()) return ok_status();
    const Result<size_t> n = link_.write(out);
    FLOTILLA_TRY(n.status());
    if (n.value() == 0) return ok_status();
    count(around_.cells.bytes_out, n.value());
    agent_->transmit_done(n.value(), now);
  }
}

void VirtualDevice::note_counters() {
  const edge::AgentCounters& counters = agent_->counters();
  const auto messages = static_cast<uint32_t>(counters.messages);
  count(around_.cells.messages_in, messages - std::exchange(messages_, messages));
  const edge::Counters& device = agent_->device().counters();
  const auto refused = static_cast<uint32_t>(counters.malformed + counters.oversized +
                                             counters.refused + counters.unsent) +
                       device.directives_refused + device.keysets_refused + device.offers_refused +
                       device.chunks_refused + device.journal_errors;
  count(around_.cells.malformed, refused - std::exchange(refused_, refused));
  if (acknowledged_ || agent_->device().reconnect_window_s() == 0) return;
  acknowledged_ = true;
  count(around_.cells.acknowledged);
}

// ---- what the agent tells

void VirtualDevice::on_online() {
  log_.online(now_);
}

void VirtualDevice::on_offline(uint8_t reason_code, const char*) {
  if (stopping_) return;
  Trouble trouble = log_.is_online() ? Trouble::kLost : Trouble::kTurnedAway;
  if (reason_code == 0x88) trouble = Trouble::kNoAnswer;
  if (reason_code == 0x8D || reason_code == 0x80) trouble = Trouble::kSilent;
  const bool dismissed = reason_code != 0 && trouble == Trouble::kLost;
  log_.offline(dismissed ? Trouble::kDismissed : trouble);
}

void VirtualDevice::on_report(const StateReport& report) {
  count(around_.cells.reports_out);
  if (report.models.size() > 0) log_.report(report.models[0], now_);
}

void VirtualDevice::on_refused(std::string_view, uint8_t) {}

}  // namespace flotilla::sim
