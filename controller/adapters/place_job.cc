#include "controller/adapters/place_job.h"

#include <algorithm>

namespace flotilla::controller {

PlaceJob::PlaceJob(ShelfBench& bench, ShelfItem item, const PayloadFile& file)
    : bench_(bench), item_(std::move(item)), file_(file) {
  restart();
}

void PlaceJob::restart() {
  enter(State::kAskOffer);
  chunks_.assign(file_.chunk_count(), Held::kUnknown);
  offer_ = Held::kUnknown;
  any_offer_ = false;
  group_ = 0;
  round_ = 0;
}

ShelfJob::Outcome PlaceJob::advance(MonoTime now) {
  switch (state_) {
    case State::kAskOffer:
      return ask_offer(now);
    case State::kAuditChunks:
      return audit_chunks(now);
    case State::kPublishChunks:
      return publish_chunks();
    case State::kPublishOffer:
      return publish_offer();
    case State::kConfirmOffer:
      return confirm_offer(now);
  }
  return Outcome::kWorking;
}

ShelfJob::Outcome PlaceJob::fail(std::string why) {
  trouble_ = std::move(why);
  return Outcome::kTrouble;
}

ShelfJob::Outcome PlaceJob::ask_offer(MonoTime now) {
  if (!audit_offer(now)) return Outcome::kWorking;
  if (any_offer_) {
    enter(State::kAuditChunks);
  } else {
    std::fill(chunks_.begin(), chunks_.end(), Held::kNo);
    enter(State::kPublishChunks);
  }
  return Outcome::kWorking;
}

bool PlaceJob::audit_offer(MonoTime now) {
  if (bench_.audit.running()) return bench_.audit.finished(now);
  offer_ = Held::kNo;
  any_offer_ = false;
  const Topic topic = bench_.topics.offer(item_.hardware_class, item_.transfer);
  const auto visit = [this](const ParsedTopic& parsed, Bytes payload) {
    if (parsed.kind != TopicKind::kOffer || parsed.transfer != item_.transfer) return;
    any_offer_ = true;
    offer_ = as_text(payload) == item_.offer ? Held::kYes : Held::kNo;
  };
  static_cast<void>(bench_.audit.begin(topic.view(), 1, quiet(), now, visit));
  return false;
}

ShelfJob::Outcome PlaceJob::audit_chunks(MonoTime now) {
  if (!bench_.audit.running()) {
    return audit_next_group(now) ? Outcome::kWorking : chunks_settled();
  }
  if (!bench_.audit.finished(now)) return Outcome::kWorking;
  const size_t end = std::min<size_t>(chunks_.size(), (group_ + 1) * kGroupSize);
  for (size_t i = group_ * kGroupSize; i < end; ++i) {
    if (chunks_[i] == Held::kUnknown) chunks_[i] = Held::kNo;
  }
  return Outcome::kWorking;
}

/// False when no chunk is unknown.
bool PlaceJob::audit_next_group(MonoTime now) {
  const auto unknown = std::find(chunks_.begin(), chunks_.end(), Held::kUnknown);
  if (unknown == chunks_.end()) return false;
  group_ = static_cast<uint32_t>(unknown - chunks_.begin()) / kGroupSize;
  const uint32_t first = group_ * kGroupSize;
  const size_t expected = std::min<size_t>(kGroupSize, chunks_.size() - first);
  const auto visit = [this](const ParsedTopic& parsed, Bytes payload) {
    if (parsed.kind != TopicKind::kChunk || parsed.transfer != item_.transfer) return;
    if (parsed.chunk >= chunks_.size()) return;
    const bool right = file_.holds(bench_.hasher, parsed.chunk, payload);
    chunks_[parsed.chunk] = right ? Held::kYes : Held::kNo;
  };
  const Topic filter = bench_.topics.group(item_.hardware_class, item_.transfer, group_);
  static_cast<void>(bench_.audit.begin(filter.view(), expected, quiet(), now, visit));
  return true;
}

ShelfJob::Outcome PlaceJob::chunks_settled() {
  if (std::count(chunks_.begin(), chunks_.end(), Held::kNo) > 0) {
    enter(State::kPublishChunks);
  } else if (offer_ == Held::kYes) {
    return Outcome::kDone;
  } else {
    enter(State::kPublishOffer);
  }
  return Outcome::kWorking;
}

ShelfJob::Outcome PlaceJob::publish_chunks() {
  ShelfPublisher& publisher = bench_.publisher;
  if (!publisher.running()) {
    if (!next_round()) return fail("the broker does not keep the chunks that it accepts");
    std::vector<ShelfPublisher::Item> items;
    for (uint32_t i = 0; i < file_.chunk_count(); ++i) {
      if (chunks_[i] != Held::kNo) continue;
      const Topic topic = bench_.topics.chunk(item_.hardware_class, item_.transfer, i);
      items.push_back({std::string(topic.view()), file_.message(i)});
    }
    publisher.begin(std::move(items));
  }
  if (!publisher.finished()) return Outcome::kWorking;
  if (!publisher.refusal().empty()) return fail("chunk refused: " + publisher.refusal());
  std::replace(chunks_.begin(), chunks_.end(), Held::kNo, Held::kUnknown);
  enter(State::kAuditChunks);
  return Outcome::kWorking;
}

ShelfJob::Outcome PlaceJob::publish_offer() {
  ShelfPublisher& publisher = bench_.publisher;
  if (!publisher.running()) {
    if (!next_round()) return fail("the broker does not keep the offer that it accepts");
    const Topic topic = bench_.topics.offer(item_.hardware_class, item_.transfer);
    publisher.begin({{std::string(topic.view()), as_bytes(item_.offer)}});
  }
  if (!publisher.finished()) return Outcome::kWorking;
  if (!publisher.refusal().empty()) return fail("offer refused: " + publisher.refusal());
  enter(State::kConfirmOffer);
  return Outcome::kWorking;
}

ShelfJob::Outcome PlaceJob::confirm_offer(MonoTime now) {
  if (!audit_offer(now)) return Outcome::kWorking;
  if (offer_ == Held::kYes) return Outcome::kDone;
  enter(State::kPublishOffer);
  return Outcome::kWorking;
}

bool PlaceJob::next_round() {
  return ++round_ <= bench_.options.rounds_max;
}

Duration PlaceJob::quiet() const {
  const int64_t doubled = bench_.options.quiet.ms << std::min<uint32_t>(round_, 16);
  return {std::min(doubled, bench_.options.quiet_max.ms)};
}

}  // namespace flotilla::controller
