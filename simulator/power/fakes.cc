#include "simulator/power/fakes.h"

#include <algorithm>

namespace flotilla::edge::test {
namespace {

constexpr Status broken(const char* what) {
  return Status(Code::kUnavailable, what);
}

Status status_of(bool done) {
  return done ? ok_status() : broken("power");
}

bool all_erased(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0xFF; });
}

size_t slot_index(uint8_t model, Slot slot) {
  return size_t{model} * 2 + static_cast<size_t>(slot);
}

}  // namespace

// ---- journal

FakeJournal::FakeJournal(Power& power, Breaches& breaches, uint8_t models)
    : power_(power), breaches_(breaches) {
  regions_.emplace(std::pair{JournalArea::kDevice0, 0}, Region(4096));
  regions_.emplace(std::pair{JournalArea::kDevice1, 0}, Region(4096));
  for (uint8_t model = 0; model < models; ++model) {
    regions_.emplace(std::pair{JournalArea::kBoot0, model}, Region(1024));
    regions_.emplace(std::pair{JournalArea::kBoot1, model}, Region(1024));
    regions_.emplace(std::pair{JournalArea::kProgress, model}, Region(8192));
  }
}

Region& FakeJournal::region(JournalArea area, uint8_t model) {
  return regions_.at({area, model});
}

uint32_t FakeJournal::capacity(JournalArea area) {
  if (area == JournalArea::kProgress) return progress_capacity;
  return static_cast<uint32_t>(region(area, 0).size());
}

Status FakeJournal::erase(JournalArea area, uint8_t model) {
  if (faults.hits("journal.erase")) return broken("fault");
  ++changes;
  Region& medium = region(area, model);
  return status_of(medium.erase(power_, 0, medium.size()));
}

Status FakeJournal::write(JournalArea area, uint8_t model, uint32_t offset, Bytes bytes) {
  if (faults.hits("journal.write")) return broken("fault");
  ++changes;
  Region& medium = region(area, model);
  if (offset + bytes.size() > capacity(area)) {
    breaches_.push_back("journal write outside its area");
    return broken("range");
  }
  if (!power_.is_off() && !all_erased(medium.bytes().subspan(offset, bytes.size()))) {
    breaches_.push_back("journal write into space that is not erased");
  }
  return status_of(medium.write(power_, offset, bytes));
}

Status FakeJournal::read(JournalArea area, uint8_t model, uint32_t offset, MutableBytes out) {
  if (faults.hits("journal.read") || power_.is_off()) return broken("fault");
  const Bytes bytes = region(area, model).bytes();
  if (offset + out.size() > bytes.size()) {
    breaches_.push_back("journal read outside its area");
    return broken("range");
  }
  copy(bytes.subspan(offset, out.size()), out);
  return ok_status();
}

Status FakeJournal::sync(JournalArea area, uint8_t model) {
  if (faults.hits("journal.sync")) return broken("fault");
  return status_of(region(area, model).sync(power_));
}

void FakeJournal::lose_power() {
  for (auto& [key, medium] : regions_) medium.lose_power(power_);
}

// ---- slots

FakeStorage::FakeStorage(Power& power, Breaches& breaches, uint8_t models,
                         const SlotGeometry& geometry)
    : power_(power),
      breaches_(breaches),
      geometry_(geometry),
      regions_(size_t{models} * 2, Region(geometry.size)),
      begun_(size_t{models} * 2, 0),
      durable_begun_(begun_) {}

Region& FakeStorage::region(uint8_t model, Slot slot) {
  return regions_.at(slot_index(model, slot));
}

SlotGeometry FakeStorage::geometry(uint8_t) {
  return geometry_;
}

void FakeStorage::guard(uint8_t model, Slot slot, const char* operation) {
  ++changes;
  if (busy && busy(model, slot)) {
    breaches_.push_back(std::string(operation) + " on the slot that is in use");
  }
}

Status FakeStorage::begin(uint8_t model, Slot slot, uint64_t image_size) {
  if (faults.hits("storage.begin")) return broken("fault");
  if (image_size > free_bytes) return Status(Code::kResourceExhausted, "no room");
  guard(model, slot, "begin");
  // The old contents are given up: garbage, so that nobody relies on them.
  const Power::Verdict verdict = power_.next_operation();
  if (verdict == Power::Verdict::kRefuse || verdict == Power::Verdict::kCutBefore) {
    return broken("power");
  }
  const size_t index = slot_index(model, slot);
  regions_[index].fill_all(0xA5);
  begun_[index] = 0;
  durable_begun_[index] = 0;
  if (verdict == Power::Verdict::kCutInside) return broken("power");
  begun_[index] = image_size;
  return status_of(verdict == Power::Verdict::kRun);
}

bool FakeStorage::can_resume(uint8_t model, Slot slot, uint64_t image_size) {
  return begun_[slot_index(model, slot)] == image_size;
}

Status FakeStorage::erase(uint8_t model, Slot slot, uint64_t offset, uint64_t length) {
  if (faults.hits("storage.erase")) return broken("fault");
  guard(model, slot, "erase");
  if (!power_.is_off()) ++erases;
  const uint64_t limit = begun_[slot_index(model, slot)];
  if (offset % geometry_.erase_unit != 0 || offset + length > limit ||
      (length % geometry_.erase_unit != 0 && offset + length != limit)) {
    breaches_.push_back("erase of a bad range");
    return broken("range");
  }
  return status_of(region(model, slot).erase(power_, offset, length));
}

Status FakeStorage::write(uint8_t model, Slot slot, uint64_t offset, Bytes bytes) {
  if (faults.hits("storage.write")) return broken("fault");
  guard(model, slot, "write");
  write_sizes.push_back(static_cast<uint32_t>(bytes.size()));
  Region& medium = region(model, slot);
  if (offset % geometry_.write_unit != 0 ||
      offset + bytes.size() > begun_[slot_index(model, slot)]) {
    breaches_.push_back("write of a bad range");
    return broken("range");
  }
  if (!power_.is_off() && !all_erased(medium.bytes().subspan(offset, bytes.size()))) {
    breaches_.push_back("write into space that is not erased");
  }
  return status_of(medium.write(power_, offset, bytes));
}

Status FakeStorage::read(uint8_t model, Slot slot, uint64_t offset, MutableBytes out) {
  if (faults.hits("storage.read") || power_.is_off()) return broken("fault");
  if (slot == Slot::kNone || offset + out.size() > geometry_.size) {
    breaches_.push_back("read of a bad range");
    return broken("range");
  }
  copy(region(model, slot).bytes().subspan(offset, out.size()), out);
  return ok_status();
}

Status FakeStorage::sync(uint8_t model, Slot slot) {
  if (faults.hits("storage.sync")) return broken("fault");
  const bool done = region(model, slot).sync(power_);
  const size_t index = slot_index(model, slot);
  if (done) durable_begun_[index] = begun_[index];
  return status_of(done);
}

void FakeStorage::lose_power() {
  for (Region& medium : regions_) medium.lose_power(power_);
  const bool losing =
      power_.unsynced() == Unsynced::kScrambled || power_.unsynced() == Unsynced::kBlock;
  for (size_t i = 0; i < begun_.size(); ++i) {
    const bool lost = losing && power_.random().below(2) == 0;
    if (lost) begun_[i] = durable_begun_[i];
    durable_begun_[i] = begun_[i];
  }
}

// ---- runtime

FakeRuntime::FakeRuntime(Power& power, Breaches& breaches, uint8_t models)
    : power_(power), breaches_(breaches), apps_(models) {}

Status FakeRuntime::store_golden(uint8_t, const Digest& digest, Bytes bytes) {
  if (faults.hits("runtime.golden")) return broken("fault");
  const Power::Verdict verdict = power_.next_operation();
  if (verdict == Power::Verdict::kRun || verdict == Power::Verdict::kCutAfter) {
    golden[digest] = {bytes.begin(), bytes.end()};
  }
  return status_of(verdict == Power::Verdict::kRun);
}

Status FakeRuntime::start_self_test(uint8_t model, Slot slot, const Digest& image,
                                    const Digest& golden_digest) {
  if (faults.hits("runtime.self_test") || power_.is_off()) return broken("fault");
  if (inspect) inspect(model, slot, image);
  if (!golden_digest.is_none() && golden.count(golden_digest) == 0) {
    breaches_.push_back("self-test with golden vectors that were never stored");
  }
  if (on_self_test) on_self_test(model, image);
  return ok_status();
}

Status FakeRuntime::activate(uint8_t model, Slot slot, const Digest& image) {
  if (faults.hits("runtime.activate")) return broken("fault");
  App& app = apps_[model];
  if (!power_.is_off() && slot != Slot::kNone && inspect) inspect(model, slot, image);
  if (app.slot == slot && app.image == image) return status_of(!power_.is_off());
  const Power::Verdict verdict = power_.next_operation();
  // A renamed link or a flipped word: all or nothing.
  const bool torn_but_done = verdict == Power::Verdict::kCutInside && power_.random().below(2) == 0;
  if (verdict == Power::Verdict::kRun || verdict == Power::Verdict::kCutAfter || torn_but_done) {
    app.slot = slot;
    app.image = image;
  }
  return status_of(verdict == Power::Verdict::kRun);
}

Status FakeRuntime::reload(uint8_t model) {
  if (faults.hits("runtime.reload") || power_.is_off()) return broken("fault");
  ++reloads;
  App& app = apps_[model];
  app.running = app.slot != Slot::kNone;
  app.loaded = app.running ? app.image : Digest{};
  return ok_status();
}

HealthSample FakeRuntime::health(uint8_t model) {
  HealthSample sample;
  const App& app = apps_[model];
  sample.present = app.running;
  sample.loaded_digest = app.loaded;
  sample.healthy = app.running;
  if (judge) judge(model, sample);
  return sample;
}

// ---- outbox

Status FakeOutbox::request_offer(TransferId transfer) {
  if (!is_online() || faults.hits("outbox.offer")) return broken("offline");
  log.push_back("offer");
  if (on_offer_request) on_offer_request(transfer);
  return ok_status();
}

Status FakeOutbox::request_group(TransferId transfer, uint32_t group) {
  if (!is_online() || faults.hits("outbox.group")) return broken("offline");
  log.push_back("group " + std::to_string(group));
  if (on_group_request) on_group_request(transfer, group);
  return ok_status();
}

Status FakeOutbox::release_group(TransferId, uint32_t group) {
  if (!is_online()) return broken("offline");
  log.push_back("release " + std::to_string(group));
  return ok_status();
}

Status FakeOutbox::release_offer(TransferId) {
  if (!is_online()) return broken("offline");
  log.push_back("release offer");
  return ok_status();
}

Status FakeOutbox::send_state(const StateReport& report) {
  if (!is_online() || faults.hits("outbox.state")) return broken("offline");
  states.push_back(report);
  for (ModelState& model : states.back().models) model.attestation = {};
  if (on_state) on_state(report);
  return ok_status();
}

Status FakeOutbox::send_health(const HealthReport& report) {
  if (!is_online()) return broken("offline");
  healths.push_back(report);
  return ok_status();
}

Result<size_t> FakeOutbox::attest(const Attestation& attestation, MutableBytes out) {
  if (faults.hits("outbox.attest")) return broken("fault");
  attestations.push_back(attestation);
  const Digest stamp =
      crypto_.sha256({attestation.release_digest.view(), attestation.measured_digest.view()});
  copy(stamp.view(), out);
  return size_t{Digest::kSize};
}

}  // namespace flotilla::edge::test
