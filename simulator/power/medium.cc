#include "simulator/power/medium.h"

#include <algorithm>

namespace flotilla::edge::test {

void Power::cut_at(uint64_t operation, CutPoint point, Unsynced unsynced, uint64_t seed) {
  operations_ = 0;
  sizes_.clear();
  cut_ = operation;
  point_ = point;
  byte_ = SIZE_MAX;
  unsynced_ = unsynced;
  random_ = Prng(seed);
  off_ = false;
}

void Power::cut_inside(uint64_t operation, size_t byte, Unsynced unsynced, uint64_t seed) {
  cut_at(operation, CutPoint::kInside, unsynced, seed);
  byte_ = byte;
}

size_t Power::torn_byte(size_t size) {
  if (byte_ == SIZE_MAX) return random_.below(static_cast<uint32_t>(size + 1));
  return std::min(byte_, size);
}

void Power::never_cut() {
  operations_ = 0;
  sizes_.clear();
  cut_ = UINT64_MAX;
  off_ = false;
}

Power::Verdict Power::next_operation(size_t size) {
  if (off_) return Verdict::kRefuse;
  sizes_.push_back(size);
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

uint8_t Region::torn(Power& power, size_t at, uint8_t wanted) const {
  const uint8_t noise = static_cast<uint8_t>(power.random().next());
  const uint8_t old = current_[at];
  switch (power.unsynced()) {
    case Unsynced::kKept:
    case Unsynced::kScrambled:
      return noise;
    case Unsynced::kNor:
      return wanted == 0xFF ? old | noise : old & (wanted | noise);
    case Unsynced::kBlock:
      return old;
  }
  return noise;
}

bool Region::change(Power& power, size_t offset, Bytes bytes, size_t written) {
  const auto at = current_.begin() + static_cast<std::ptrdiff_t>(offset);
  switch (power.next_operation(written)) {
    case Power::Verdict::kRefuse:
    case Power::Verdict::kCutBefore:
      return false;
    case Power::Verdict::kCutInside: {
      // What is before the byte is new, the rest is old.
      const size_t byte = power.torn_byte(bytes.size());
      std::copy_n(bytes.begin(), byte, at);
      if (byte < bytes.size()) current_[offset + byte] = torn(power, offset + byte, bytes[byte]);
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
  return change(power, offset, std::vector<uint8_t>(length, 0xFF), 0);
}

bool Region::write(Power& power, size_t offset, Bytes bytes) {
  return change(power, offset, bytes, bytes.size());
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
  constexpr size_t kSector = 32;
  for (size_t begin = 0; power.unsynced() == Unsynced::kBlock && begin < size(); begin += kSector) {
    const size_t end = std::min(begin + kSector, size());
    if (std::equal(current_.begin() + static_cast<std::ptrdiff_t>(begin),
                   current_.begin() + static_cast<std::ptrdiff_t>(end),
                   durable_.begin() + static_cast<std::ptrdiff_t>(begin))) {
      continue;
    }
    const uint32_t fate = power.random().below(3);
    const size_t kept = fate == 0 ? 0 : (fate == 1 ? kSector : power.random().below(kSector));
    for (size_t i = begin + kept; i < end; ++i) current_[i] = durable_[i];
  }
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
