#include "controller/adapters/sweep_job.h"

#include <algorithm>

#include "controller/adapters/clear_job.h"

namespace flotilla::controller {

SweepJob::SweepJob(ShelfBench& bench, std::string hardware_class,
                   std::function<bool(TransferId)> known)
    : bench_(bench), hardware_class_(std::move(hardware_class)), known_(std::move(known)) {}

void SweepJob::restart() {
  enter(State::kFindOffers);
  orphans_.clear();
  group_ = 0;
  chunks_ = 0;
}

ShelfJob::Outcome SweepJob::advance(MonoTime now) {
  switch (state_) {
    case State::kFindOffers:
      return find(now, any_transfer(bench_.topics.offer(hardware_class_, 0).view()),
                  State::kFindChunks);
    case State::kFindChunks:
      return find(now, any_transfer(bench_.topics.chunk(hardware_class_, 0, 0).view()),
                  State::kWalk);
    case State::kWalk:
      return walk(now);
    case State::kClear:
      return clear();
  }
  return Outcome::kWorking;
}

ShelfJob::Outcome SweepJob::find(MonoTime now, const std::string& filter, State next) {
  if (bench_.audit.running()) {
    if (bench_.audit.finished(now)) enter(next);
    return Outcome::kWorking;
  }
  const auto visit = [this](const ParsedTopic& parsed, Bytes) {
    if (parsed.hardware_class == hardware_class_) orphans_.insert(parsed.transfer);
  };
  static_cast<void>(bench_.audit.begin(filter, SIZE_MAX, bench_.options.quiet, now, visit));
  return Outcome::kWorking;
}

ShelfJob::Outcome SweepJob::walk(MonoTime now) {
  if (bench_.audit.running()) {
    if (!bench_.audit.finished(now)) return Outcome::kWorking;
    if (found_ && ++group_ * kGroupSize < kMaxChunks) return Outcome::kWorking;
    enter(State::kClear);
    return Outcome::kWorking;
  }
  while (!orphans_.empty() && known_(*orphans_.begin())) orphans_.erase(orphans_.begin());
  if (orphans_.empty()) return Outcome::kDone;
  found_ = false;
  const auto visit = [this](const ParsedTopic& parsed, Bytes) {
    if (parsed.kind != TopicKind::kChunk || parsed.transfer != *orphans_.begin()) return;
    found_ = true;
    chunks_ = std::max(chunks_, parsed.chunk + 1);
  };
  const Topic filter = bench_.topics.group(hardware_class_, *orphans_.begin(), group_);
  static_cast<void>(
      bench_.audit.begin(filter.view(), kGroupSize, bench_.options.quiet, now, visit));
  return Outcome::kWorking;
}

ShelfJob::Outcome SweepJob::clear() {
  ShelfPublisher& publisher = bench_.publisher;
  if (!publisher.running()) {
    publisher.begin(clearing(bench_.topics, hardware_class_, *orphans_.begin(), chunks_));
  }
  if (!publisher.finished()) return Outcome::kWorking;
  if (!publisher.refusal().empty()) {
    trouble_ = "sweeping refused: " + publisher.refusal();
    return Outcome::kTrouble;
  }
  ++cleared_;
  orphans_.erase(orphans_.begin());
  group_ = 0;
  chunks_ = 0;
  enter(State::kWalk);
  return Outcome::kWorking;
}

/// The topic with a wildcard in the place of its transfer.
std::string SweepJob::any_transfer(std::string_view topic) const {
  const FixedString<16> none = to_hex(TransferId{0});
  std::string filter(topic);
  const size_t at = filter.rfind(none.view());
  return filter.replace(at, none.size(), "+");
}

}  // namespace flotilla::controller
