#include "simulator/engine/scheduler.h"

#include <algorithm>
#include <bit>

namespace flotilla::sim {

TargetId Scheduler::add(Target& target) {
  targets_.push_back(&target);
  return static_cast<TargetId>(targets_.size() - 1);
}

void Scheduler::at(MonoTime when, TargetId target, uint32_t kind, uint64_t value) {
  when = std::max(when, now_);
  const Event event{target, kind, value};
  if (when < now_ + milliseconds(kRing)) return put(when, event);
  later_.push({when, sequence_++, event});
}

void Scheduler::put(MonoTime when, const Event& event) {
  uint32_t at = free_;
  if (at != kNone) {
    free_ = nodes_[at].next;
    nodes_[at] = {event, kNone};
  } else {
    at = static_cast<uint32_t>(nodes_.size());
    nodes_.push_back({event, kNone});
  }
  const size_t number = bucket_of(when);
  Bucket& bucket = buckets_[number];
  if (bucket.first == kNone) {
    bucket.first = at;
    filled_[number / 64] |= uint64_t{1} << number % 64;
  } else {
    nodes_[bucket.last].next = at;
  }
  bucket.last = at;
}

/// What comes within the ring's reach moves there before anything new can: the order stays that of
/// scheduling.
void Scheduler::advance_to(MonoTime when) {
  now_ = when;
  while (!later_.empty() && later_.top().when < now_ + milliseconds(kRing)) {
    put(later_.top().when, later_.top().event);
    later_.pop();
  }
}

MonoTime Scheduler::next_in_ring(size_t from) const {
  for (size_t i = 0; i <= kWords; ++i) {
    const size_t word = (from / 64 + i) % kWords;
    uint64_t bits = filled_[word];
    if (i == 0) bits &= ~uint64_t{0} << from % 64;
    if (i == kWords) bits &= ~(~uint64_t{0} << from % 64);
    if (bits == 0) continue;
    const size_t bucket = word * 64 + static_cast<size_t>(std::countr_zero(bits));
    return now_ + milliseconds(static_cast<int64_t>((bucket + kRing - bucket_of(now_)) % kRing));
  }
  return kNever;
}

MonoTime Scheduler::next() const {
  const MonoTime near = next_in_ring(bucket_of(now_));
  if (near != kNever || later_.empty()) return near;
  return later_.top().when;
}

/// With a large fleet no device is in the cache any more when its turn comes again.
void Scheduler::prepare_next() const {
  const MonoTime when = next_in_ring((bucket_of(now_) + 1) % kRing);
  if (when == kNever) return;
  const uint32_t first = buckets_[bucket_of(when)].first;
  if (first != kNone) targets_[nodes_[first].event.target]->prepare();
}

void Scheduler::run_bucket() {
  prepare_next();
  const size_t number = bucket_of(now_);
  // Events may add to the bucket while it runs.
  while (buckets_[number].first != kNone) {
    const uint32_t at = buckets_[number].first;
    const Event event = nodes_[at].event;
    buckets_[number].first = nodes_[at].next;
    nodes_[at].next = free_;
    free_ = at;
    ++events_;
    trace_.event(now_, event.target, event.kind, event.value);
    targets_[event.target]->on_event(event.kind, event.value);
  }
  filled_[number / 64] &= ~(uint64_t{1} << number % 64);
}

void Scheduler::run_until(MonoTime end) {
  for (MonoTime when = next(); when < end; when = next()) {
    advance_to(when);
    run_bucket();
  }
  advance_to(end);
}

}  // namespace flotilla::sim
