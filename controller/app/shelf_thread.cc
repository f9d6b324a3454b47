#include "controller/app/shelf_thread.h"

#include <algorithm>
#include <chrono>

#include "controller/app/clocks.h"
#include "controller/app/log.h"
#include "controller/artifact/manifest_builder.h"

namespace flotilla::controller::app {

namespace {

constexpr int64_t kLongestWaitMs = 1000;

}  // namespace

ShelfThread::ShelfThread(const Parts& parts)
    : parts_(parts),
      shelf_(parts.topics, parts.hasher, parts.publisher, parts.auditor, ShelfOptions{}, events()) {
}

ShelfThread::~ShelfThread() {
  stop();
}

ChunkShelf::Events ShelfThread::events() {
  ChunkShelf::Events events;
  events.at_rest = [this](TransferId id) { parts_.mailbox.push(Fact{TransferAtRest{id}}); };
  events.cleared = [this](TransferId id) { parts_.mailbox.push(Fact{TransferCleared{id}}); };
  events.swept = [](const std::string& hardware_class, uint32_t transfers) {
    if (transfers == 0) return;
    log_line(LogLevel::kInfo, "orphans_cleared",
             {{"class", hardware_class}, {"transfers", std::to_string(transfers)}});
  };
  events.trouble = [this](TransferId id, const std::string& reason) { tell(id, reason, false); };
  return events;
}

void ShelfThread::tell(TransferId transfer, const std::string& reason, bool needs_build) {
  log_line(LogLevel::kWarning, "transfer_not_at_rest",
           {{"transfer", std::string(to_hex(transfer).view())}, {"reason", reason}});
  if (transfer != 0) parts_.mailbox.push(Fact{TransferRefused{transfer, reason, needs_build}});
}

void ShelfThread::start() {
  thread_ = std::thread([this] { run(); });
}

void ShelfThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ShelfThread::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  arrived_.notify_one();
}

/// Nothing when the deadline came first or the end is near.
ShelfThread::Task ShelfThread::next_task() {
  const MonoTime deadline = shelf_.next_deadline();
  const int64_t wait_ms = std::clamp<int64_t>(
      deadline == kNever ? kLongestWaitMs : (deadline - mono_now()).ms, 0, kLongestWaitMs);
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                    [this] { return stopping_ || !tasks_.empty(); });
  if (stopping_ || tasks_.empty()) return {};
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  return task;
}

void ShelfThread::run() {
  for (;;) {
    if (const Task task = next_task()) task();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    shelf_.tick(mono_now());
  }
}

/// Nothing was handed to the shelf, so that nobody tries again but who builds it anew.
void ShelfThread::unusable(TransferId transfer, const std::string& what, Status why) {
  tell(transfer, what + ": " + why.reason(), true);
}

void ShelfThread::place(const PlaceTransfer& effect) {
  post([this, effect] { place_now(effect); });
}

Result<std::string> ShelfThread::make_offer(const PlaceTransfer& effect) {
  std::shared_ptr<ArtifactView> golden;
  if (!effect.golden_digest.is_none()) {
    const auto opened = parts_.artifacts.open(effect.golden_digest);
    if (!opened.ok()) return opened.status();
    golden = opened.value();
  }
  return build_offer(as_bytes(effect.transfer.manifest_envelope), as_bytes(effect.release_envelope),
                     golden ? golden->bytes() : Bytes());
}

void ShelfThread::place_now(const PlaceTransfer& effect) {
  const Transfer& transfer = effect.transfer;
  known_.insert(transfer.id);
  const auto payload = parts_.artifacts.open(transfer.payload_file);
  if (!payload.ok()) return unusable(transfer.id, "payload file", payload.status());
  auto offer = make_offer(effect);
  if (!offer.ok()) return unusable(transfer.id, "golden vectors", offer.status());
  const Status placed = shelf_.place(
      {transfer.id, transfer.hardware_class, payload.value(), std::move(offer.value())});
  if (!placed.ok()) unusable(transfer.id, "payload file", placed);
}

void ShelfThread::clear(const ClearTransfer& effect) {
  post([this, transfer = effect.transfer.id, hardware_class = effect.transfer.hardware_class,
        chunks = effect.transfer.manifest.chunk_count] {
    known_.erase(transfer);
    shelf_.clear(hardware_class, transfer, chunks);
  });
}

void ShelfThread::sweep(const std::string& hardware_class, const std::set<TransferId>& known) {
  post([this, hardware_class, known] {
    known_.insert(known.begin(), known.end());
    shelf_.sweep(hardware_class, [this](TransferId id) { return known_.contains(id); });
  });
}

void ShelfThread::on_publisher(bool connected) {
  post([this, connected] { shelf_.on_publisher(connected); });
}

void ShelfThread::on_auditor(bool connected) {
  post([this, connected] { shelf_.on_auditor(connected); });
}

void ShelfThread::on_message(std::string topic, std::string payload, bool retained) {
  {
    const std::lock_guard lock(mutex_);
    if (messages_ >= kMaxMessages) {
      ++dropped_;
      return;
    }
    ++messages_;
  }
  post([this, topic = std::move(topic), payload = std::move(payload), retained] {
    {
      const std::lock_guard lock(mutex_);
      --messages_;
    }
    shelf_.on_message(topic, payload, retained);
  });
}

bool ShelfThread::on_published(uint64_t token, bool ok, std::string reason) {
  if ((token & ShelfPublisher::kTokenBit) == 0) return false;
  post([this, token, ok, reason = std::move(reason)] { shelf_.on_published(token, ok, reason); });
  return true;
}

uint64_t ShelfThread::dropped_messages() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace flotilla::controller::app
