#include "simulator/engine/scheduler.h"

#include <algorithm>
#include <bit>

namespace flotilla::sim {

TargetId Scheduler::add(Target& target) {
  targets_.push_back(&target);
  return static_cast<TargetId>(targets_.size() - 1);
}

template <size_t kSize>
void Scheduler::Ring<kSize>::append(std::vector<Node>& nodes, size_t number, uint32_t at) {
  Bucket& bucket = buckets[number];
  if (bucket.first == kNone) {
    bucket.first = at;
    filled[number / 64] |= uint64_t{1} << number % 64;
  } else {
    nodes[bucket.last].next = at;
  }
  bucket.last = at;
}

template <size_t kSize>
void Scheduler::Ring<kSize>::clear(size_t number) {
  buckets[number] = {};
  filled[number / 64] &= ~(uint64_t{1} << number % 64);
}

template <size_t kSize>
size_t Scheduler::Ring<kSize>::next(size_t from) const {
  if (from >= kSize) return kSize;
  uint64_t bits = filled[from / 64] & ~uint64_t{0} << from % 64;
  for (size_t word = from / 64; bits == 0;) {
    if (++word == filled.size()) return kSize;
    bits = filled[word];
    from = word * 64;
  }
  return from / 64 * 64 + static_cast<size_t>(std::countr_zero(bits));
}

uint32_t Scheduler::take_node(MonoTime when, const Event& event) {
  const uint32_t at = free_;
  if (at == kNone) {
    nodes_.push_back({when, event, kNone});
    return static_cast<uint32_t>(nodes_.size() - 1);
  }
  free_ = nodes_[at].next;
  nodes_[at] = {when, event, kNone};
  return at;
}

void Scheduler::at(MonoTime when, TargetId target, uint32_t kind, uint64_t value) {
  when = std::max(when, now_);
  const Event event{target, kind, value};
  const int64_t ahead = block_of(when) - block_of(now_);
  if (ahead == 0) return near_.append(nodes_, place_in_block(when), take_node(when, event));
  if (ahead < int64_t{kBlocks}) return put_far(when, event);
  later_.push({when, sequence_++, event});
}

void Scheduler::put_far(MonoTime when, const Event& event) {
  far_.append(nodes_, far_bucket(block_of(when)), take_node(when, event));
}

void Scheduler::advance_to(MonoTime when) {
  const int64_t block = block_of(when);
  const bool entered = block != block_of(now_);
  now_ = when;
  if (entered) enter_block(block);
}

/// What comes within a ring's reach moves there before anything new can: the order stays that of
/// scheduling. The blocks that were passed over hold nothing.
void Scheduler::enter_block(int64_t block) {
  while (!later_.empty() && block_of(later_.top().when) < block + int64_t{kBlocks}) {
    put_far(later_.top().when, later_.top().event);
    later_.pop();
  }
  uint32_t at = far_.buckets[far_bucket(block)].first;
  far_.clear(far_bucket(block));
  while (at != kNone) {
    const uint32_t following = nodes_[at].next;
    nodes_[at].next = kNone;
    near_.append(nodes_, place_in_block(nodes_[at].when), at);
    at = following;
  }
}

MonoTime Scheduler::next_far() const {
  const size_t from = far_bucket(block_of(now_)) + 1;
  size_t bucket = far_.next(from);
  if (bucket == kBlocks) bucket = far_.next(0);
  if (bucket == kBlocks) return later_.empty() ? kNever : later_.top().when;
  MonoTime earliest = kNever;
  for (uint32_t at = far_.buckets[bucket].first; at != kNone; at = nodes_[at].next) {
    earliest = std::min(earliest, nodes_[at].when);
  }
  return earliest;
}

MonoTime Scheduler::next() const {
  const size_t place = near_.next(place_in_block(now_));
  if (place == kBlock) return next_far();
  return MonoTime{block_of(now_) * int64_t{kBlock} + static_cast<int64_t>(place)};
}

void Scheduler::run_bucket() {
  const size_t number = place_in_block(now_);
  // Events may add to the bucket while it runs.
  while (near_.buckets[number].first != kNone) {
    const uint32_t at = near_.buckets[number].first;
    const Event event = nodes_[at].event;
    near_.buckets[number].first = nodes_[at].next;
    nodes_[at].next = free_;
    free_ = at;
    ++events_;
    trace_.event(now_, event.target, event.kind, event.value);
    targets_[event.target]->on_event(event.kind, event.value);
  }
  near_.clear(number);
}

void Scheduler::run_until(MonoTime end) {
  for (MonoTime when = next(); when < end; when = next()) {
    advance_to(when);
    run_bucket();
  }
  advance_to(end);
}

}  // namespace flotilla::sim
