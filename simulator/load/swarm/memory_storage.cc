#include "simulator/load/swarm/memory_storage.h"

#include <algorithm>

namespace flotilla::sim {

using edge::JournalArea;
using edge::Slot;

namespace {

constexpr uint32_t kPage = 4096;
constexpr Status kRange{Code::kOutOfRange, "outside the medium"};

}  // namespace

// ---- journal

uint32_t MemoryStorage::capacity(JournalArea area) {
  switch (area) {
    case JournalArea::kDevice0:
    case JournalArea::kDevice1:
      return 4096;
    case JournalArea::kBoot0:
    case JournalArea::kBoot1:
      return 1024;
    case JournalArea::kProgress:
      return 40 * 1024;
  }
  return 0;
}

Status MemoryStorage::erase(JournalArea area, uint8_t) {
  areas_[static_cast<size_t>(area)].clear();
  return ok_status();
}

Status MemoryStorage::write(JournalArea area, uint8_t, uint32_t offset, Bytes bytes) {
  if (bytes.size() > capacity(area) || offset > capacity(area) - bytes.size()) return kRange;
  SharedRecord& at = areas_[static_cast<size_t>(area)];
  std::string changed = at.get();
  changed.resize(std::max(changed.size(), offset + bytes.size()), '\xFF');
  changed.replace(offset, bytes.size(), as_text(bytes));
  at.set(pool_.records(), std::move(changed));
  return ok_status();
}

Status MemoryStorage::read(JournalArea area, uint8_t, uint32_t offset, MutableBytes out) {
  if (out.size() > capacity(area) || offset > capacity(area) - out.size()) return kRange;
  fill(out, 0xFF);
  const std::string at = areas_[static_cast<size_t>(area)].get();
  if (offset >= at.size()) return ok_status();
  copy(as_bytes(at).subspan(offset, std::min(out.size(), at.size() - offset)), out);
  return ok_status();
}

Status MemoryStorage::sync(JournalArea, uint8_t) {
  return ok_status();
}

// ---- slots

edge::SlotGeometry MemoryStorage::geometry(uint8_t) {
  return {slot_size_, 1, 1};
}

Status MemoryStorage::begin(uint8_t, Slot slot, uint64_t image_size) {
  if (image_size > slot_size_) return {Code::kResourceExhausted, "the slot is too small"};
  if (dirty_slot_ == slot) dirty_.clear();
  const size_t pages = (image_size + kPage - 1) / kPage;
  const Content blank = pool_.intern(std::string(kPage, '\xFF'));
  state(slot) = {pool_.intern(std::vector<Content>(pages, blank)),
                 static_cast<uint32_t>(image_size)};
  return ok_status();
}

bool MemoryStorage::can_resume(uint8_t, Slot slot, uint64_t image_size) {
  return state(slot).table != nullptr && state(slot).begun == image_size;
}

const std::string& MemoryStorage::page(const SlotState& at, uint32_t number) const {
  const bool dirty = dirty_slot_ != Slot::kNone && &at == &slots_[static_cast<size_t>(dirty_slot_)];
  for (const Dirty& candidate : dirty_) {
    if (dirty && candidate.page == number) return candidate.bytes;
  }
  return *at.table->pages[number];
}

std::string& MemoryStorage::own(Slot slot, uint32_t number) {
  if (dirty_slot_ != slot) {
    if (dirty_slot_ != Slot::kNone) (void)sync(0, dirty_slot_);
    dirty_slot_ = slot;
  }
  for (Dirty& dirty : dirty_) {
    if (dirty.page == number) return dirty.bytes;
  }
  dirty_.push_back({number, *state(slot).table->pages[number]});
  return dirty_.back().bytes;
}

Status MemoryStorage::erase(uint8_t model, Slot slot, uint64_t offset, uint64_t length) {
  const std::string blank(length, '\xFF');
  return write(model, slot, offset, as_bytes(blank));
}

Status MemoryStorage::write(uint8_t, Slot slot, uint64_t offset, Bytes bytes) {
  const uint64_t begun = state(slot).begun;
  if (bytes.size() > begun || offset > begun - bytes.size()) return kRange;
  while (!bytes.empty()) {
    const size_t in_page = offset % kPage;
    const size_t take = std::min(kPage - in_page, bytes.size());
    own(slot, static_cast<uint32_t>(offset / kPage))
        .replace(in_page, take, as_text(bytes.first(take)));
    bytes = bytes.subspan(take);
    offset += take;
  }
  return ok_status();
}

Status MemoryStorage::read(uint8_t, Slot slot, uint64_t offset, MutableBytes out) {
  if (out.size() > slot_size_ || offset > slot_size_ - out.size()) return kRange;
  const SlotState& at = state(slot);
  while (!out.empty()) {
    const size_t in_page = offset % kPage;
    const size_t take = std::min(kPage - in_page, out.size());
    const bool there = at.table != nullptr && offset / kPage < at.table->pages.size();
    if (there) {
      copy(as_bytes(page(at, static_cast<uint32_t>(offset / kPage))).subspan(in_page, take), out);
    } else {
      fill(out.first(take), 0xFF);
    }
    out = out.subspan(take);
    offset += take;
  }
  return ok_status();
}

Status MemoryStorage::sync(uint8_t, Slot slot) {
  if (dirty_slot_ != slot) return ok_status();
  std::vector<Content> pages = state(slot).table->pages;
  for (Dirty& dirty : dirty_) pages[dirty.page] = pool_.intern(std::move(dirty.bytes));
  state(slot).table = pool_.intern(std::move(pages));
  std::vector<Dirty>().swap(dirty_);
  dirty_slot_ = Slot::kNone;
  return ok_status();
}

}  // namespace flotilla::sim
