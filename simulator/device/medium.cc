#include "simulator/device/medium.h"

#include <algorithm>

namespace flotilla::sim {

using edge::JournalArea;
using edge::Slot;

namespace {

constexpr uint32_t kDeviceArea = 4096;
constexpr uint32_t kBootArea = 1024;
constexpr uint32_t kProgressArea = 8192;
constexpr size_t kAreasOfModel = 3;
constexpr size_t kDeviceAreas = 2;

constexpr Status kPower{Code::kUnavailable, "the power is off"};
constexpr Status kRange{Code::kOutOfRange, "outside the medium"};

uint64_t token(uint64_t kind, size_t index, uint64_t offset) {
  return kind << 56 | uint64_t{index} << 40 | offset;
}

}  // namespace

PowerSupply::Verdict PowerSupply::operation() {
  if (off_) return Verdict::kOff;
  ++operations_;
  if (!left_.has_value()) return Verdict::kRun;
  if (*left_ > 0) {
    --*left_;
    return Verdict::kRun;
  }
  off_ = true;
  return Verdict::kTorn;
}

void PowerSupply::restore() {
  off_ = false;
  left_.reset();
}

DeviceMedium::DeviceMedium(const Parts& parts, uint8_t models, const edge::SlotGeometry& geometry)
    : pool_(parts.pool),
      power_(parts.power),
      trace_(parts.trace),
      geometry_(geometry),
      areas_(kDeviceAreas + models * kAreasOfModel),
      slots_(size_t{models} * 2) {}

// ---- journal

size_t DeviceMedium::area_index(JournalArea area, uint8_t model) const {
  if (area == JournalArea::kDevice0) return 0;
  if (area == JournalArea::kDevice1) return 1;
  const size_t part = static_cast<size_t>(area) - static_cast<size_t>(JournalArea::kBoot0);
  return kDeviceAreas + model * kAreasOfModel + part;
}

PagedRegion& DeviceMedium::region(JournalArea area, uint8_t model) {
  auto& region = areas_.at(area_index(area, model));
  if (!region) region.emplace(pool_, capacity(area));
  return *region;
}

uint32_t DeviceMedium::capacity(JournalArea area) {
  switch (area) {
    case JournalArea::kDevice0:
    case JournalArea::kDevice1:
      return kDeviceArea;
    case JournalArea::kBoot0:
    case JournalArea::kBoot1:
      return kBootArea;
    case JournalArea::kProgress:
      return kProgressArea;
  }
  return 0;
}

/// An operation that the power tears leaves a part of itself, unsynced like the rest.
Status DeviceMedium::change(PagedRegion& region, uint64_t offset, Bytes bytes) {
  const PowerSupply::Verdict verdict = power_.operation();
  if (verdict == PowerSupply::Verdict::kOff) return kPower;
  size_t done = bytes.size();
  if (verdict == PowerSupply::Verdict::kTorn) {
    done = power_.below(static_cast<uint32_t>(bytes.size()) + 1);
  }
  region.write(offset, bytes.first(done));
  trace_.bytes(TraceKind::kWrite, bytes.first(done));
  return verdict == PowerSupply::Verdict::kRun ? ok_status() : kPower;
}

Status DeviceMedium::erase(JournalArea area, uint8_t model) {
  const std::vector<uint8_t> blank(capacity(area), 0xFF);
  trace_.note(TraceKind::kWrite, token(1, area_index(area, model), 0));
  return change(region(area, model), 0, blank);
}

Status DeviceMedium::write(JournalArea area, uint8_t model, uint32_t offset, Bytes bytes) {
  if (bytes.size() > capacity(area) || offset > capacity(area) - bytes.size()) return kRange;
  trace_.note(TraceKind::kWrite, token(2, area_index(area, model), offset));
  return change(region(area, model), offset, bytes);
}

Status DeviceMedium::read(JournalArea area, uint8_t model, uint32_t offset, MutableBytes out) {
  if (power_.is_off()) return kPower;
  if (out.size() > capacity(area) || offset > capacity(area) - out.size()) return kRange;
  region(area, model).read(offset, out);
  return ok_status();
}

Status DeviceMedium::sync(JournalArea area, uint8_t model) {
  const PowerSupply::Verdict verdict = power_.operation();
  if (verdict != PowerSupply::Verdict::kRun) return kPower;
  trace_.note(TraceKind::kWrite, token(3, area_index(area, model), 0));
  region(area, model).sync();
  return ok_status();
}

void DeviceMedium::wipe_journal() {
  for (auto& area : areas_) area.reset();
}

// ---- slots

DeviceMedium::SlotState& DeviceMedium::state(uint8_t model, Slot slot) {
  return slots_.at(size_t{model} * 2 + static_cast<size_t>(slot));
}

edge::SlotGeometry DeviceMedium::geometry(uint8_t) {
  return geometry_;
}

Status DeviceMedium::begin(uint8_t model, Slot slot, uint64_t image_size) {
  if (image_size > geometry_.size) return {Code::kResourceExhausted, "the slot is too small"};
  if (full_) return kFull;
  const PowerSupply::Verdict verdict = power_.operation();
  if (verdict == PowerSupply::Verdict::kOff) return kPower;
  trace_.note(TraceKind::kWrite, token(4, size_t{model} * 2 + static_cast<size_t>(slot), 0));
  SlotState& at = state(model, slot);
  // The old contents are given up: garbage, so that nobody relies on them.
  at.region.emplace(pool_, geometry_.size);
  at.region->fill(0, image_size, 0xA5);
  at.region->sync();
  at.begun = 0;
  at.durable_begun = 0;
  if (verdict == PowerSupply::Verdict::kTorn) return kPower;
  at.begun = image_size;
  return ok_status();
}

bool DeviceMedium::can_resume(uint8_t model, Slot slot, uint64_t image_size) {
  return state(model, slot).begun == image_size;
}

Status DeviceMedium::erase(uint8_t model, Slot slot, uint64_t offset, uint64_t length) {
  SlotState& at = state(model, slot);
  if (!at.region || length > at.begun || offset > at.begun - length) return kRange;
  trace_.note(TraceKind::kWrite, token(5, 0, offset));
  const std::vector<uint8_t> blank(length, 0xFF);
  return change(*at.region, offset, blank);
}

Status DeviceMedium::write(uint8_t model, Slot slot, uint64_t offset, Bytes bytes) {
  SlotState& at = state(model, slot);
  if (!at.region || bytes.size() > at.begun || offset > at.begun - bytes.size()) return kRange;
  if (full_) return kFull;
  return change(*at.region, offset, bytes);
}

Status DeviceMedium::read(uint8_t model, Slot slot, uint64_t offset, MutableBytes out) {
  if (power_.is_off()) return kPower;
  if (out.size() > geometry_.size || offset > geometry_.size - out.size()) return kRange;
  peek(model, slot, offset, out);
  return ok_status();
}

bool DeviceMedium::flip(uint8_t model, Slot slot, Chance& chance) {
  SlotState& at = state(model, slot);
  if (!at.region || at.begun == 0) return false;
  const uint32_t offset = chance.below(static_cast<uint32_t>(at.begun));
  uint8_t byte = 0;
  at.region->read(offset, {&byte, 1});
  byte = static_cast<uint8_t>(byte ^ 1 << chance.below(8));
  at.region->write(offset, {&byte, 1});
  at.region->sync();
  return true;
}

void DeviceMedium::peek(uint8_t model, Slot slot, uint64_t offset, MutableBytes out) const {
  const SlotState& at = slots_.at(size_t{model} * 2 + static_cast<size_t>(slot));
  if (at.region) {
    at.region->read(offset, out);
  } else {
    fill(out, 0xFF);
  }
}

Status DeviceMedium::sync(uint8_t model, Slot slot) {
  SlotState& at = state(model, slot);
  const PowerSupply::Verdict verdict = power_.operation();
  if (verdict != PowerSupply::Verdict::kRun) return kPower;
  trace_.note(TraceKind::kWrite, token(6, size_t{model} * 2 + static_cast<size_t>(slot), 0));
  if (at.region) at.region->sync();
  at.durable_begun = at.begun;
  return ok_status();
}

void DeviceMedium::lose_power() {
  for (auto& area : areas_) {
    if (area) area->lose_power(power_);
  }
  for (SlotState& slot : slots_) {
    if (slot.region) slot.region->lose_power(power_);
    if (power_.below(2) == 0) slot.begun = slot.durable_begun;
    slot.durable_begun = slot.begun;
  }
}

}  // namespace flotilla::sim
