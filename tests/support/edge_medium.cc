#include "tests/support/edge_medium.h"

#include <algorithm>

namespace flotilla::edge::test {

void Power::cut_at(uint64_t operation, CutPoint point, Unsynced unsynced, uint64_t seed) {
  operations_ = 0;
  cut_ = operation;
  point_ = point;
  unsynced_ = unsynced;
  random_ = Prng(seed);
  off_ = false;
}

void Power::never_cut() {
  operations_ = 0;
  cut_ = UINT64_MAX;
  off_ = false;
}

Power::Verdict Power::next_operation() {
  if (off_) return Verdict::kRefuse;
  if (operations_++ != cut_) return Verdict::kRun;
  off_ = true;
  switch (point_) {
    case CutPoint::kBefore:
      return Verdict::kCutBefore;
    case CutPoint::kInside:
      return Verdict::kCutInside;
    case CutPoint::kAfter:
      return Verdict::kCutAfter;
  }
  return Verdict::kCutBefore;
}

bool Region::change(Power& power, size_t offset, Bytes bytes) {
  const auto at = current_.begin() + static_cast<std::ptrdiff_t>(offset);
  switch (power.next_operation()) {
    case Power::Verdict::kRefuse:
    case Power::Verdict::kCutBefore:
      return false;
    case Power::Verdict::kCutInside: {
      // Torn at a random byte: what is before it is new, it is garbage, the rest is old.
      const size_t torn = power.random().below(static_cast<uint32_t>(bytes.size() + 1));
      std::copy_n(bytes.begin(), torn, at);
      if (torn < bytes.size())
        current_[offset + torn] = static_cast<uint8_t>(power.random().next());
      return false;
    }
    case Power::Verdict::kCutAfter:
      std::copy(bytes.begin(), bytes.end(), at);
      return false;
    case Power::Verdict::kRun:
      std::copy(bytes.begin(), bytes.end(), at);
      return true;
  }
  return false;
}

bool Region::erase(Power& power, size_t offset, size_t length) {
  return change(power, offset, std::vector<uint8_t>(length, 0xFF));
}

bool Region::write(Power& power, size_t offset, Bytes bytes) {
  return change(power, offset, bytes);
}

bool Region::sync(Power& power) {
  const Power::Verdict verdict = power.next_operation();
  if (verdict == Power::Verdict::kRun || verdict == Power::Verdict::kCutAfter) durable_ = current_;
  return verdict == Power::Verdict::kRun;
}

void Region::preset(size_t offset, Bytes bytes) {
  std::copy(bytes.begin(), bytes.end(), current_.begin() + static_cast<std::ptrdiff_t>(offset));
  durable_ = current_;
}

void Region::fill_all(uint8_t value) {
  std::fill(current_.begin(), current_.end(), value);
  durable_ = current_;
}

void Region::lose_power(Power& power) {
  if (power.unsynced() == Unsynced::kScrambled) {
    Prng& random = power.random();
    uint32_t fate = 0;
    for (size_t i = 0; i < current_.size(); ++i) {
      // Media lose whole pages: one fate for each 32 bytes, sometimes torn inside.
      if (i % 32 == 0 || random.below(64) == 0) fate = random.below(4);
      if (current_[i] == durable_[i]) continue;
      if (fate == 0) current_[i] = durable_[i];
      if (fate == 1) current_[i] = 0xFF;
      if (fate == 2) current_[i] = static_cast<uint8_t>(random.next());
    }
  }
  durable_ = current_;
}

}  // namespace flotilla::edge::test
