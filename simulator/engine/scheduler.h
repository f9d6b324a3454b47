#pragma once

#include <array>
#include <cstdint>
#include <queue>
#include <vector>

#include "schemas/base/time.h"
#include "simulator/engine/trace.h"

namespace flotilla::sim {

/// Something to which events happen. `kind` and `value` mean what the target says.
class Target {
 public:
  virtual void on_event(uint32_t kind, uint64_t value) = 0;
  /// An event is about to come: what it needs may be fetched into the cache. Changes nothing.
  virtual void prepare() const {}

 protected:
  ~Target() = default;
};

using TargetId = uint32_t;

/// Virtual time: events in the order of (time, sequence of scheduling), one after the other. Events
/// of the next minute lie in a ring with one bucket a millisecond, later ones in a heap; both keep
/// the order, so a day of ten thousand devices costs no more than its events.
class Scheduler {
 public:
  explicit Scheduler(Trace& trace) : trace_(trace), buckets_(kRing) {}

  MonoTime now() const { return now_; }
  /// Targets are numbered in the order in which they are added; they outlive the scheduler's runs.
  TargetId add(Target& target);
  /// An instant in the past means now.
  void at(MonoTime when, TargetId target, uint32_t kind, uint64_t value = 0);
  void after(Duration delay, TargetId target, uint32_t kind, uint64_t value = 0) {
    at(now_ + delay, target, kind, value);
  }
  /// Runs every event before `end`, then stands at `end`.
  void run_until(MonoTime end);
  uint64_t events() const { return events_; }

 private:
  static constexpr size_t kRing = size_t{1} << 16;
  static constexpr size_t kWords = kRing / 64;

  struct Event {
    TargetId target = 0;
    uint32_t kind = 0;
    uint64_t value = 0;
  };
  /// Events of the ring live in one pool, reused while they are still in the cache.
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Node {
    Event event;
    uint32_t next = kNone;
  };
  struct Bucket {
    uint32_t first = kNone;
    uint32_t last = kNone;
  };
  struct Later {
    MonoTime when;
    uint64_t sequence = 0;
    Event event;
    /// For a heap with the earliest on top.
    bool operator<(const Later& other) const {
      if (when != other.when) return when > other.when;
      return sequence > other.sequence;
    }
  };

  size_t bucket_of(MonoTime when) const { return static_cast<size_t>(when.ms) % kRing; }
  void put(MonoTime when, const Event& event);
  void advance_to(MonoTime when);
  /// Time of the next event, kNever without one.
  MonoTime next() const;
  MonoTime next_in_ring(size_t from) const;
  void prepare_next() const;
  void run_bucket();

  Trace& trace_;
  MonoTime now_;
  uint64_t sequence_ = 0;
  uint64_t events_ = 0;
  std::vector<Target*> targets_;
  std::vector<Bucket> buckets_;
  std::vector<Node> nodes_;
  uint32_t free_ = kNone;
  std::array<uint64_t, kWords> filled_{};  ///< one bit for each bucket that is not empty
  std::priority_queue<Later> later_;
};

}  // namespace flotilla::sim
