#include "simulator/load/swarm/swarm.h"

#include <malloc.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "edge-client/adapters/posix.h"
#include "simulator/load/resident_memory.h"

namespace flotilla::sim {
namespace {

constexpr int kEvents = 512;
constexpr int kMaxWait = 100;  // then the board is looked at
constexpr int kTimersPerTurn = 2000;
constexpr Duration kTrimEvery = seconds(10);

}  // namespace

Swarm::Swarm(Surroundings& around) : around_(around), poll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!poll_.valid()) throw std::system_error(errno, std::generic_category(), "epoll");
  around_.cells.rss_kib_bare = resident_kib(::getpid());
  devices_.reserve(around_.config.devices);
  for (uint32_t i = 0; i < around_.config.devices; ++i) {
    devices_.push_back(std::make_unique<VirtualDevice>(around_, around_.config.first + i));
  }
  // Only now: certificates take their time, and the first connections are drawn from here.
  for (uint32_t i = 0; i < around_.config.devices; ++i) {
    const MonoTime now = edge::monotonic_now();
    devices_[i]->start(now);
    arm(i, now);
    around_.cells.ready.fetch_add(1);
  }
}

bool Swarm::should_stop() const {
  return around_.board.command.load() == Command::kStop || ::getppid() == 1;
}

void Swarm::run() {
  while (!should_stop()) step();
  const MonoTime now = edge::monotonic_now();
  for (const auto& device : devices_) device->stop(now);
}

void Swarm::step() {
  std::array<epoll_event, kEvents> events;
  const int count =
      ::epoll_wait(poll_.get(), events.data(), kEvents, timeout_ms(edge::monotonic_now()));
  const MonoTime now = edge::monotonic_now();
  for (int i = 0; i < count; ++i) drive(events[static_cast<size_t>(i)].data.u32, now);
  run_timers(now);
  note_memory(now);
}

int Swarm::timeout_ms(MonoTime now) const {
  if (timers_.empty()) return kMaxWait;
  return static_cast<int>(std::clamp<int64_t>((timers_.top().when - now).ms, 0, kMaxWait));
}

/// A timer that is earlier than its device's need only looks.
void Swarm::run_timers(MonoTime now) {
  for (int i = 0; i < kTimersPerTurn && !timers_.empty() && timers_.top().when <= now; ++i) {
    const Timer due = timers_.top();
    timers_.pop();
    VirtualDevice& device = *devices_[due.device];
    if (device.armed != due.when) continue;  // an earlier one has taken its place
    device.armed = kNever;
    around_.cells.late_ms.add(static_cast<uint64_t>((now - due.when).ms));
    drive(due.device, now);
  }
}

void Swarm::drive(uint32_t index, MonoTime now) {
  devices_[index]->drive(now);
  watch(index);
  arm(index, now);
}

void Swarm::watch(uint32_t index) {
  VirtualDevice& device = *devices_[index];
  const int fd = device.fd();
  if (fd < 0) {
    device.registered = 0;  // a closed descriptor leaves the set by itself
    return;
  }
  const uint32_t wanted = device.wanted_events();
  if (wanted == device.registered) return;
  epoll_event event{};
  event.events = wanted;
  event.data.u32 = index;
  const int verb = device.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(poll_.get(), verb, fd, &event) == 0) device.registered = wanted;
}

void Swarm::arm(uint32_t index, MonoTime now) {
  VirtualDevice& device = *devices_[index];
  const MonoTime when = std::max(device.next_deadline(now), now);
  if (when == kNever || device.armed <= when) return;
  device.armed = when;
  timers_.push({when, index});
}

/// What devices gave back goes to the system; and once, when the whole fleet has been answered, the
/// process is weighed.
void Swarm::note_memory(MonoTime now) {
  SwarmCells& cells = around_.cells;
  if (now >= trim_at_) {
    ::malloc_trim(0);
    trim_at_ = now + kTrimEvery;
  }
  if (cells.rss_kib_loaded.load() != 0 || cells.acknowledged.load() < devices_.size()) return;
  cells.rss_kib_loaded = resident_kib(::getpid());
}

}  // namespace flotilla::sim
