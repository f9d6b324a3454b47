#pragma once

#include "edge-client/core/boot_record.h"
#include "edge-client/core/chunk_set.h"
#include "edge-client/core/context.h"
#include "edge-client/core/image_verifier.h"
#include "edge-client/core/progress_log.h"

namespace flotilla::edge {

/// What a state report says about a transfer; kept after its end until the next one.
struct Progress {
  TransferId transfer = 0;
  uint32_t chunks_done = 0;
  uint32_t chunks_total = 0;
  uint32_t chunks_refused = 0;
  uint64_t bytes_received = 0;
};

/// What came of a step.
enum class TransferEvent : uint8_t {
  kNone,
  kVerified,  ///< the slot holds image()
  kFailed,    ///< failure() says why
};

/// Brings the bytes of one image into one slot and proves that they are there: asks for the offer,
/// looks up what an interrupted attempt left, asks for chunks group by group, verifies and decodes
/// each, and finally measures the slot. A device has one of these; models take turns. It never
/// decides what may be installed, and it is stopped by being stopped: nothing is lost but time.
class Transfer {
 public:
  enum class Phase : uint8_t {
    kIdle,
    kOffer,   ///< waiting for the manifests
    kReplay,  ///< comparing the progress log with the slot
    kChunks,
    kVerify,  ///< measuring the slot
  };

  Phase phase() const { return phase_; }
  bool active() const { return phase_ != Phase::kIdle; }
  bool has_work() const { return phase_ == Phase::kReplay || phase_ == Phase::kVerify; }
  uint8_t model() const { return model_; }
  TransferId id() const { return id_; }
  const Image& image() const { return image_; }
  Reason failure() const { return failure_; }
  bool expects_offer(TransferId id) const { return phase_ == Phase::kOffer && id == id_; }
  /// Nothing has come for a while: another model may have its turn.
  bool stalled() const { return silent_rounds_ >= 2; }

  void ask(const Context& context, uint8_t model, TransferId id, Progress& progress);
  /// Measures an image that should be complete already.
  void verify(Context& context, uint8_t model, Slot slot, const Image& image);
  /// The offer held and the slot was begun. `resume`: an earlier attempt may have left chunks.
  void open(Context& context, const TransferManifest& manifest, const Image& image,
            const ModelRecord& record, bool resume);
  /// How many offers of this transfer were refused so far, this one included.
  uint32_t count_refused_offer() { return ++refused_offers_; }
  /// Gives up what it asked the connection for; durable progress stays.
  void stop(Context& context);

  void on_connected(const Context& context);
  TransferEvent on_chunk(Context& context, const Chunk& chunk, size_t message_size);
  TransferEvent on_malformed_chunk(Context& context, size_t message_size);
  void tick(Context& context);
  TransferEvent work(Context& context);
  /// kNever when only messages or work() can bring it on; also while not connected.
  MonoTime next_deadline(const Context& context) const;

 private:
  static constexpr uint32_t kNoGroup = ChunkSet::kNoGroup;
  /// Log entries looked at in one call of work(), unless one needs hashing.
  static constexpr int kReplayBatch = 64;

  TransferEvent fail(Reason reason);
  TransferEvent refuse_chunk(Context& context);
  bool is_well_formed(const Context& context, const Chunk& chunk) const;
  TransferEvent store_chunk(Context& context, const Chunk& chunk);
  Status write_chunk(Context& context, const Chunk& chunk);
  void log_chunk(Context& context, const Chunk& chunk);
  void mark_done(uint32_t index);
  Status measure(Context& context, uint32_t offset, uint32_t length, Digest& digest);
  uint32_t image_size() const { return static_cast<uint32_t>(image_.size); }

  bool replay_entry(Context& context, const ProgressEntry& entry);
  void replay(Context& context);
  void finish_replay(Context& context);
  void enter_chunks(Context& context);
  void enter_verify(Context& context);
  TransferEvent verify_slice(Context& context);

  void request_group(Context& context);
  void release_group(Context& context);
  void arm(const Context& context, bool accepted);

  Phase phase_ = Phase::kIdle;
  uint8_t model_ = 0;
  uint8_t silent_rounds_ = 0;  ///< requests since something useful arrived
  bool asked_ = false;         ///< the connection was asked for group_ or the offer
  bool logging_ = false;
  Reason failure_ = Reason::kNone;
  Slot target_ = Slot::kA;
  Slot base_ = Slot::kNone;
  TransferId id_ = 0;
  Progress* progress_ = nullptr;
  MonoTime deadline_;
  uint32_t refused_offers_ = 0;
  uint32_t replayed_ = 0;

  Image image_;
  uint64_t base_size_ = 0;
  Digest merkle_root_;
  uint32_t chunk_max_ = 0;
  uint32_t decoder_memory_ = 0;  ///< bytes that the manifest declares
  uint32_t group_ = kNoGroup;
  ChunkSet chunks_;
  ProgressLog log_;
  ImageVerifier verifier_;
};

}  // namespace flotilla::edge
