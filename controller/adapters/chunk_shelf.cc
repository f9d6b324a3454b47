#include "controller/adapters/chunk_shelf.h"

#include <algorithm>

#include "controller/adapters/clear_job.h"
#include "controller/adapters/sweep_job.h"

namespace flotilla::controller {
namespace {

/// Steps of the job at hand in one tick; an audit or a publish ends a step, so this is no limit in
/// practice, only a bound.
constexpr int kStepsPerTick = 16;

}  // namespace

ChunkShelf::ChunkShelf(const Topics& topics, Hasher& hasher, Transport& publisher,
                       Transport& auditor, const ShelfOptions& options, Events events)
    : topics_(topics),
      options_(options),
      events_(std::move(events)),
      audit_(topics_, auditor),
      publisher_(publisher, options.window),
      bench_{topics_, hasher, options_, audit_, publisher_} {}

Status ChunkShelf::place(ShelfItem item) {
  const auto file = PayloadFile::open(item.payload->bytes());
  if (!file.ok()) return file.status();
  if (file.value().transfer() != item.transfer) {
    return {Code::kDataLoss, "payload file: belongs to another transfer"};
  }
  withdraw(item.transfer);
  const TransferId transfer = item.transfer;
  jobs_.push_back({std::make_unique<PlaceJob>(bench_, std::move(item), file.value()), transfer,
                   [this, transfer] { events_.at_rest(transfer); }});
  return ok_status();
}

void ChunkShelf::clear(const std::string& hardware_class, TransferId transfer,
                       uint32_t chunk_count) {
  withdraw(transfer);
  jobs_.push_back({std::make_unique<ClearJob>(bench_, hardware_class, transfer, chunk_count),
                   transfer, [this, transfer] { events_.cleared(transfer); }});
}

void ChunkShelf::sweep(const std::string& hardware_class, std::function<bool(TransferId)> known) {
  auto job = std::make_unique<SweepJob>(bench_, hardware_class, std::move(known));
  const SweepJob* const seen = job.get();  // lives as long as the entry
  jobs_.push_back({std::move(job), 0, [this, hardware_class, seen] {
                     events_.swept(hardware_class, seen->cleared());
                   }});
}

void ChunkShelf::on_message(std::string_view topic, std::string_view payload, bool retained) {
  audit_.on_message(topic, payload, retained);
}

bool ChunkShelf::on_published(uint64_t token, bool ok, const std::string& reason) {
  return publisher_.on_published(token, ok, reason);
}

void ChunkShelf::on_connection(bool& up, bool connected) {
  up = connected;
  interrupt();
}

void ChunkShelf::withdraw(TransferId transfer) {
  const auto is = [transfer](const Entry& entry) { return entry.transfer == transfer; };
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), is);
  if (found == jobs_.end()) return;
  if (found == jobs_.begin()) interrupt();
  jobs_.erase(found);
}

void ChunkShelf::interrupt() {
  audit_.abandon();
  publisher_.abandon();
  if (active_) jobs_.front().job->restart();
  active_ = false;
}

void ChunkShelf::tick(MonoTime now) {
  for (int step = 0; step < kStepsPerTick && ready(); ++step) {
    if (!active_ && !select(now)) return;
    settle(jobs_.front().job->advance(now), now);
  }
}

/// Brings a job that may run now to the front.
bool ChunkShelf::select(MonoTime now) {
  const auto due = [now](const Entry& entry) { return entry.not_before <= now; };
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), due);
  if (found == jobs_.end()) return false;
  std::rotate(jobs_.begin(), found, found + 1);
  active_ = true;
  return true;
}

void ChunkShelf::settle(ShelfJob::Outcome outcome, MonoTime now) {
  if (outcome == ShelfJob::Outcome::kWorking) return;
  active_ = false;
  Entry entry = std::move(jobs_.front());
  jobs_.pop_front();
  if (outcome == ShelfJob::Outcome::kDone) {
    entry.done();
    return;
  }
  const Duration doubled{entry.rest.ms * 2};
  entry.rest = std::clamp(doubled, options_.rest, options_.rest_max);
  entry.not_before = now + entry.rest;
  entry.job->restart();
  const TransferId transfer = entry.transfer;
  const std::string reason = entry.job->trouble();
  jobs_.push_back(std::move(entry));
  events_.trouble(transfer, reason);
}

MonoTime ChunkShelf::next_deadline() const {
  if (!ready()) return kNever;
  if (active_) return audit_.deadline();
  MonoTime earliest = kNever;
  for (const Entry& entry : jobs_) earliest = std::min(earliest, entry.not_before);
  return earliest;
}

}  // namespace flotilla::controller
