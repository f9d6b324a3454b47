#include "controller/artifact/models/flat_table.h"

namespace flotilla::controller {

uint64_t FlatTable::follow(Reading& reading, uint64_t from) {
  const uint64_t distance = reading.number(from, 4);
  if (!reading.ok()) return 0;
  if (distance != 0 && distance < reading.file().size() - from) return from + distance;
  reading.fail("an offset leads outside the file", from);
  return 0;
}

FlatTable::FlatTable(Reading& reading, uint64_t at) {
  const auto back = static_cast<int32_t>(static_cast<uint32_t>(reading.number(at, 4)));
  if (!reading.ok()) return;
  const int64_t vtable = static_cast<int64_t>(at) - back;
  if (vtable < 0 || static_cast<uint64_t>(vtable) >= reading.file().size()) {
    reading.fail("a table's field list lies outside the file", at);
    return;
  }
  const uint64_t size = reading.number(static_cast<uint64_t>(vtable), 2);
  if (!reading.inside(static_cast<uint64_t>(vtable), size)) return;
  if (size < 4) {
    reading.fail("a table's field list is shorter than its header", static_cast<uint64_t>(vtable));
    return;
  }
  reading_ = &reading;
  at_ = at;
  vtable_ = static_cast<uint64_t>(vtable);
  vtable_size_ = size;
}

FlatTable FlatTable::root(Reading& reading) {
  const uint64_t at = follow(reading, 0);
  return reading.ok() ? FlatTable(reading, at) : FlatTable();
}

uint64_t FlatTable::position(unsigned field) const {
  const uint64_t entry = 4 + 2 * uint64_t{field};
  if (reading_ == nullptr || entry + 2 > vtable_size_) return 0;
  const uint64_t offset = reading_->number(vtable_ + entry, 2);
  return offset == 0 ? 0 : at_ + offset;
}

uint64_t FlatTable::number(unsigned field, unsigned width) const {
  const uint64_t where = position(field);
  return where == 0 ? 0 : reading_->number(where, width);
}

FlatTable FlatTable::table(unsigned field) const {
  const uint64_t where = position(field);
  if (where == 0) return {};
  const uint64_t target = follow(*reading_, where);
  return reading_->ok() ? FlatTable(*reading_, target) : FlatTable();
}

FlatVector FlatTable::vector(unsigned field, unsigned width) const {
  const uint64_t where = position(field);
  if (where == 0) return {};
  const uint64_t target = follow(*reading_, where);
  const uint64_t size = reading_->number(target, 4);
  if (!reading_->ok() || !reading_->inside(target + 4, size * width)) return {};
  return {target + 4, size};
}

std::string_view FlatTable::text(unsigned field) const {
  const FlatVector text = vector(field, 1);
  if (text.size == 0) return {};
  return as_text(reading_->file().subspan(text.at, text.size));
}

FlatTable FlatTable::element(const FlatVector& tables, uint64_t index) const {
  const uint64_t target = follow(*reading_, tables.at + 4 * index);
  return reading_->ok() ? FlatTable(*reading_, target) : FlatTable();
}

}  // namespace flotilla::controller
