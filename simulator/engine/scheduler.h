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

 protected:
  ~Target() = default;
};

using TargetId = uint32_t;

/// Virtual time: events in the order of (time, sequence of scheduling), one after the other. Time
/// is cut into blocks of about four seconds. Events of this block have a bucket for each
/// millisecond, those of the next quarter of an hour one for each block, later ones a heap. The
/// buckets keep the order of scheduling and fit into the nearest caches.
class Scheduler {
 public:
  explicit Scheduler(Trace& trace) : trace_(trace) {}

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
  static constexpr size_t kBlock = 4096;  ///< milliseconds
  static constexpr size_t kBlocks = 256;  ///< this one and those that have a bucket

  struct Event {
    TargetId target = 0;
    uint32_t kind = 0;
    uint64_t value = 0;
  };
  /// Events of the buckets live in one pool, reused while they are still in the cache.
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Node {
    MonoTime when;
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

  /// A ring of buckets, and which of them hold something.
  template <size_t kSize>
  struct Ring {
    std::array<Bucket, kSize> buckets;
    std::array<uint64_t, kSize / 64> filled{};

    void append(std::vector<Node>& nodes, size_t number, uint32_t at);
    void clear(size_t number);
    /// The first bucket at or after `from` that holds something; kSize without one.
    size_t next(size_t from) const;
  };

  static int64_t block_of(MonoTime when) { return when.ms / int64_t{kBlock}; }
  static size_t place_in_block(MonoTime when) { return static_cast<size_t>(when.ms) % kBlock; }
  static size_t far_bucket(int64_t block) { return static_cast<size_t>(block) % kBlocks; }
  uint32_t take_node(MonoTime when, const Event& event);
  void put_far(MonoTime when, const Event& event);
  void advance_to(MonoTime when);
  void enter_block(int64_t block);
  /// Time of the next event, kNever without one.
  MonoTime next() const;
  MonoTime next_far() const;
  void run_bucket();

  Trace& trace_;
  MonoTime now_;
  uint64_t sequence_ = 0;
  uint64_t events_ = 0;
  std::vector<Target*> targets_;
  std::vector<Node> nodes_;
  uint32_t free_ = kNone;
  Ring<kBlock> near_;  ///< the block of now_, by milliseconds
  Ring<kBlocks> far_;  ///< the blocks after it
  std::priority_queue<Later> later_;
};

}  // namespace flotilla::sim
