#include "edge-client/core/transfer.h"

#include <algorithm>

#include "edge-client/core/applier.h"
#include "schemas/protocol/merkle.h"

namespace flotilla::edge {
namespace {

constexpr Duration kOutboxRetry = seconds(1);
constexpr uint8_t kMaxBackoffShift = 5;

/// Ranges must start, and end unless they end the image, on a boundary of what can be erased and
/// written alone: a chunk that was torn is then redone without touching its neighbours.
bool is_aligned(const SlotGeometry& geometry, uint32_t offset) {
  return offset % geometry.erase_unit == 0 && offset % geometry.write_unit == 0;
}

}  // namespace

TransferEvent Transfer::fail(Reason reason) {
  failure_ = reason;
  return TransferEvent::kFailed;
}

void Transfer::ask(const Context& context, uint8_t model, TransferId id, Progress& progress) {
  phase_ = Phase::kOffer;
  model_ = model;
  id_ = id;
  progress_ = &progress;
  refused_offers_ = 0;
  silent_rounds_ = 0;
  asked_ = false;
  deadline_ = context.now;
}

void Transfer::verify(Context& context, uint8_t model, Slot slot, const Image& image) {
  stop(context);
  model_ = model;
  id_ = 0;
  target_ = slot;
  image_ = image;
  enter_verify(context);
}

void Transfer::open(Context& context, const TransferManifest& manifest, const Image& image,
                    const ModelRecord& record, bool resume) {
  if (asked_) (void)context.ports.outbox.release_offer(id_);
  asked_ = false;
  image_ = image;
  target_ = record.spare_slot();
  const bool full = manifest.base_digest.is_none();
  base_ = full ? Slot::kNone : record.active_slot;
  base_size_ = full ? 0 : record.active.size;
  merkle_root_ = manifest.merkle_root;
  chunk_max_ = manifest.chunk_max;
  decoder_memory_ = manifest.decoder_memory;
  chunks_.reset(manifest.chunk_count);
  group_ = kNoGroup;
  if (progress_->transfer != id_) progress_->chunks_refused = 0;
  progress_->transfer = id_;
  progress_->chunks_done = 0;
  progress_->chunks_total = manifest.chunk_count;
  logging_ = true;
  log_.rewind();
  replayed_ = 0;
  phase_ = Phase::kReplay;
  if (!resume) enter_chunks(context);
}

void Transfer::stop(Context& context) {
  if (phase_ == Phase::kOffer && asked_) (void)context.ports.outbox.release_offer(id_);
  release_group(context);
  phase_ = Phase::kIdle;
}

void Transfer::on_connected(const Context& context) {
  asked_ = false;
  group_ = kNoGroup;
  silent_rounds_ = 0;
  deadline_ = context.now;
}

// ---- requests

void Transfer::arm(const Context& context, bool accepted) {
  if (!accepted) {
    deadline_ = context.now + kOutboxRetry;
    return;
  }
  asked_ = true;
  const int shift = std::min(silent_rounds_, kMaxBackoffShift);
  deadline_ = context.now + milliseconds(context.config.group_timeout.ms << shift);
  if (silent_rounds_ < UINT8_MAX) ++silent_rounds_;
}

void Transfer::release_group(Context& context) {
  if (phase_ != Phase::kChunks || group_ == kNoGroup) return;
  if (asked_) (void)context.ports.outbox.release_group(id_, group_);
  asked_ = false;
  group_ = kNoGroup;
}

/// Asks for the next group in need. After a silence that may be another one: a chunk that the
/// broker lacks must not keep the others from coming.
void Transfer::request_group(Context& context) {
  const uint32_t from =
      group_ == kNoGroup ? context.random.below(chunks_.group_count()) : group_ + (asked_ ? 1 : 0);
  const uint32_t next = chunks_.incomplete_group(from);
  if (next != group_) release_group(context);
  group_ = next;
  arm(context, context.ports.outbox.request_group(id_, group_).ok());
}

void Transfer::tick(Context& context) {
  if (!context.connected || context.now < deadline_) return;
  if (phase_ == Phase::kOffer) {
    arm(context, context.ports.outbox.request_offer(id_).ok());
  } else if (phase_ == Phase::kChunks) {
    request_group(context);
  }
}

MonoTime Transfer::next_deadline(const Context& context) const {
  const bool waits = phase_ == Phase::kOffer || phase_ == Phase::kChunks;
  return waits && context.connected ? deadline_ : kNever;
}

// ---- chunks

TransferEvent Transfer::refuse_chunk(Context& context) {
  ++context.counters.chunks_refused;
  ++progress_->chunks_refused;
  const bool enough = progress_->chunks_refused > context.config.max_refused_chunks;
  return enough ? fail(Reason::kBadChunk) : TransferEvent::kNone;
}

TransferEvent Transfer::on_malformed_chunk(Context& context, size_t message_size) {
  if (phase_ != Phase::kChunks) return TransferEvent::kNone;
  progress_->bytes_received += message_size;
  return refuse_chunk(context);
}

TransferEvent Transfer::on_chunk(Context& context, const Chunk& chunk, size_t message_size) {
  if (phase_ != Phase::kChunks || chunk.transfer != id_) {
    ++context.counters.ignored;
    return TransferEvent::kNone;
  }
  progress_->bytes_received += message_size;
  if (chunk.index >= chunks_.count()) return refuse_chunk(context);
  if (chunks_.contains(chunk.index)) {
    ++context.counters.ignored;
    return TransferEvent::kNone;
  }
  Crypto& crypto = context.ports.crypto;
  if (!is_well_formed(context, chunk) ||
      !merkle::verify(crypto, chunk, chunks_.count(), merkle_root_)) {
    return refuse_chunk(context);
  }
  return store_chunk(context, chunk);
}

bool Transfer::is_well_formed(const Context& context, const Chunk& chunk) const {
  if (chunk.payload.size() > chunk_max_) return false;
  if (chunk.output_length == 0 || chunk.output_length > kMaxChunkOutput) return false;
  if (chunk.output_offset > image_size()) return false;
  const uint32_t begin = static_cast<uint32_t>(chunk.output_offset);
  const uint32_t end = begin + chunk.output_length;
  if (end > image_size()) return false;
  const SlotGeometry geometry = context.ports.storage.geometry(model_);
  return is_aligned(geometry, begin) && (end == image_size() || is_aligned(geometry, end));
}

TransferEvent Transfer::store_chunk(Context& context, const Chunk& chunk) {
  const Status written = write_chunk(context, chunk);
  // The proof held, so this is what was published: another copy of it would not decode either.
  // kDataLoss is the storage's doing: the base, or what was just written, is not what it should be.
  if (written.code() == Code::kInvalidArgument) return fail(Reason::kBadChunk);
  if (!written.ok()) return fail(Reason::kStorageError);
  log_chunk(context, chunk);
  mark_done(chunk.index);
  silent_rounds_ = 0;
  deadline_ = context.now + context.config.group_timeout;
  if (chunks_.complete()) {
    enter_verify(context);
  } else if (group_ != kNoGroup && chunks_.group_complete(group_)) {
    deadline_ = context.now;
  }
  return TransferEvent::kNone;
}

Status Transfer::write_chunk(Context& context, const Chunk& chunk) {
  SlotStorage& storage = context.ports.storage;
  FLOTILLA_TRY(storage.erase(model_, target_, chunk.output_offset, chunk.output_length));
  const ApplyJob job{model_, base_, base_size_, target_, chunk.output_offset, chunk.output_length};
  Applier applier(storage, context.decoder_memory.first(decoder_memory_));
  FLOTILLA_TRY(applier.run(job, chunk.payload));
  FLOTILLA_TRY(storage.sync(model_, target_));
  return applier.verify_output();
}

/// Failing to remember a chunk costs a second download after a restart, nothing else.
void Transfer::log_chunk(Context& context, const Chunk& chunk) {
  if (!logging_) return;
  ProgressEntry entry;
  entry.transfer = id_;
  entry.index = chunk.index;
  entry.output_offset = static_cast<uint32_t>(chunk.output_offset);  // images end below 2^31
  entry.output_length = chunk.output_length;
  Digest digest;
  if (measure(context, entry.output_offset, entry.output_length, digest).ok()) {
    copy(digest.view().first(ProgressEntry::kDigestSize), entry.digest);
    if (log_.append(context.ports.journal, model_, entry).ok()) return;
  }
  logging_ = false;
  ++context.counters.journal_errors;
}

void Transfer::mark_done(uint32_t index) {
  chunks_.insert(index);
  progress_->chunks_done = chunks_.done();
}

Status Transfer::measure(Context& context, uint32_t offset, uint32_t length, Digest& digest) {
  return ImageVerifier::measure(context.ports.crypto, context.ports.storage, context.decoder_memory,
                                {model_, target_, offset, length}, digest);
}

// ---- resuming

/// True when the entry needed hashing.
bool Transfer::replay_entry(Context& context, const ProgressEntry& entry) {
  if (entry.transfer != id_ || entry.index >= chunks_.count()) return false;
  if (chunks_.contains(entry.index)) return false;
  if (entry.output_offset > image_size() || entry.output_length > kMaxChunkOutput ||
      entry.output_length > image_size() - entry.output_offset) {
    return false;
  }
  Digest digest;
  const Status status = measure(context, entry.output_offset, entry.output_length, digest);
  const Bytes head = digest.view().first(ProgressEntry::kDigestSize);
  if (status.ok() && equal(head, entry.digest)) mark_done(entry.index);
  return true;
}

void Transfer::replay(Context& context) {
  for (int i = 0; i < kReplayBatch; ++i) {
    ProgressEntry entry;
    switch (log_.read_next(context.ports.journal, model_, entry)) {
      case ProgressLog::Found::kEnd:
        return finish_replay(context);
      case ProgressLog::Found::kDamaged:
        ++replayed_;
        break;
      case ProgressLog::Found::kEntry:
        ++replayed_;
        if (replay_entry(context, entry)) return;
        break;
    }
  }
}

/// A log that says nothing about this transfer only takes up room.
void Transfer::finish_replay(Context& context) {
  const bool useless = chunks_.done() == 0 && replayed_ != 0;
  if (useless && !log_.clear(context.ports.journal, model_).ok()) {
    logging_ = false;
    ++context.counters.journal_errors;
  }
  enter_chunks(context);
}

void Transfer::enter_chunks(Context& context) {
  phase_ = Phase::kChunks;
  silent_rounds_ = 0;
  asked_ = false;
  deadline_ = context.now;
  if (chunks_.complete()) enter_verify(context);
}

// ---- measuring

void Transfer::enter_verify(Context& context) {
  release_group(context);
  phase_ = Phase::kVerify;
  verifier_.begin(context.ports.crypto, {model_, target_, 0, image_size()});
}

TransferEvent Transfer::verify_slice(Context& context) {
  bool done = false;
  Digest digest;
  const Status status = verifier_.step(context.ports.crypto, context.ports.storage,
                                       context.decoder_memory, done, digest);
  if (!status.ok()) return fail(Reason::kStorageError);
  if (!done) return TransferEvent::kNone;
  return digest == image_.digest ? TransferEvent::kVerified : fail(Reason::kDigestMismatch);
}

TransferEvent Transfer::work(Context& context) {
  if (phase_ == Phase::kReplay) replay(context);
  return phase_ == Phase::kVerify ? verify_slice(context) : TransferEvent::kNone;
}

}  // namespace flotilla::edge
