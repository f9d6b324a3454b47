#include "controller/domain/record_archive.h"

namespace flotilla::controller {
namespace {

constexpr int kVarintBits = 7;
constexpr uint8_t kVarintMore = 0x80;

}  // namespace

void RecordArchive::number(uint64_t& value, uint64_t max) {
  if (!loading()) {
    put_number(value);
    return;
  }
  const uint64_t found = take_number();
  if (found > max) fail();
  value = ok_ ? found : 0;
}

void RecordArchive::raw(MutableBytes bytes) {
  if (!loading()) {
    out_->append(as_text(bytes));
    return;
  }
  const std::string_view found = take(bytes.size());
  if (ok_) copy(as_bytes(found), bytes);
}

void RecordArchive::text(std::string& value) {
  if (!loading()) {
    put_number(value.size());
    out_->append(value);
    return;
  }
  const uint64_t size = take_number();
  if (size > in_.size()) fail();
  value = ok_ ? std::string(take(static_cast<size_t>(size))) : std::string();
}

size_t RecordArchive::count(size_t size) {
  uint64_t wide = size;
  number(wide, in_.size());
  return static_cast<size_t>(wide);
}

void RecordArchive::put_number(uint64_t value) {
  while (value >= kVarintMore) {
    out_->push_back(static_cast<char>(value | kVarintMore));
    value >>= kVarintBits;
  }
  out_->push_back(static_cast<char>(value));
}

/// Only the shortest form is accepted.
uint64_t RecordArchive::take_number() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += kVarintBits) {
    const std::string_view found = take(1);
    if (!ok_) return 0;
    const uint8_t byte = static_cast<uint8_t>(found[0]);
    const uint64_t bits = byte & (kVarintMore - 1u);
    if (((bits << shift) >> shift) != bits) break;
    value |= bits << shift;
    if ((byte & kVarintMore) != 0) continue;
    if (byte == 0 && shift > 0) break;
    return value;
  }
  fail();
  return 0;
}

std::string_view RecordArchive::take(size_t size) {
  if (!ok_ || size > in_.size()) {
    fail();
    return {};
  }
  const std::string_view out = in_.substr(0, size);
  in_.remove_prefix(size);
  return out;
}

void field(RecordArchive& archive, WallTime& value) {
  const uint64_t bits = static_cast<uint64_t>(value.ms);
  uint64_t wide = (bits << 1) ^ (value.ms < 0 ? ~uint64_t{0} : 0);
  archive.number(wide, UINT64_MAX);
  if (archive.loading()) value.ms = static_cast<int64_t>((wide >> 1) ^ (0 - (wide & 1)));
}

}  // namespace flotilla::controller
