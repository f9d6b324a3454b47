#pragma once

#include <array>

#include "edge-client/core/context.h"
#include "edge-client/core/device_config.h"
#include "edge-client/core/device_record.h"
#include "edge-client/core/transfer.h"
#include "edge-client/core/update_machine.h"

namespace flotilla::edge {

/// The device: a deterministic machine of (event, now) over the ports. No heap, I/O, clock,
/// threads, exceptions. Memory is the object itself plus `chunk_buffer` and `decoder_memory`, which
/// the caller owns. Events only take note; what follows from them happens in tick(), so the owner
/// calls tick() whenever next_deadline() has come, also right after an event.
class Device {
 public:
  /// `chunk_buffer`: at least config.chunk_max + kChunkOverhead bytes, 8-byte aligned.
  /// `decoder_memory`: config.decoder_memory_limit bytes, 8-byte aligned, at least what the small
  /// profile needs. `seed`: fresh randomness; it becomes the incarnation when the journal
  /// is new.
  Device(const DeviceConfig& config, const DevicePorts& ports, MutableBytes chunk_buffer,
         MutableBytes decoder_memory, uint64_t seed);

  /// Reads the journal, recovers from any interruption, and counts the boot.
  /// `provisioned` (first start) is adopted when the journal holds no keyset of at least its epoch;
  /// it must be signed by its own root keys. After an error the active models stay active, every
  /// other call is ignored, and start() may be called again.
  Status start(const Signed<Keyset>& provisioned, MonoTime now);

  // ---- connection
  void on_connected(MonoTime now);
  void on_disconnected(MonoTime now);

  // ---- messages, structurally decoded; everything else is checked here, in the order of
  //      docs/spec/protocol.md, before anything is written
  void on_keyset(const Signed<Keyset>& keyset, MonoTime now);
  /// `personal`: it came on the device's own topic.
  void on_directive(const Signed<Directive>& directive, bool personal, MonoTime now);
  /// `transfer`: id from the topic. `offer` may borrow from chunk_buffer().
  void on_offer(TransferId transfer, const TransferOffer& offer, MonoTime now);
  void on_chunk(const Chunk& chunk, size_t message_size, MonoTime now);
  /// A message on a chunk topic of the current group that did not decode.
  void on_malformed_chunk(size_t message_size, MonoTime now);
  void on_acknowledgement(const Acknowledgement& ack, MonoTime now);

  /// Where offers and chunks are received: one at a time.
  MutableBytes chunk_buffer() { return chunk_buffer_; }

  // ---- runtime
  void on_self_test(uint8_t model, SelfTestOutcome outcome, std::string_view output, MonoTime now);

  // ---- time and slow work
  void tick(MonoTime now);
  MonoTime next_deadline() const;
  /// Digests over whole slots are done in slices, so that the connection stays alive.
  bool has_work() const { return started_ && transfer_.has_work(); }
  void work(MonoTime now);

  // ---- what the owner of the connection and of the configuration needs
  uint32_t reconnect_window_s() const {
    return reconnect_window_s_;
  }  ///< newest announced; 0: none
  const ReportOrder& order() const { return context_.reports.order(); }
  const Counters& counters() const { return context_.counters; }
  /// The controller's newest directives, or those under a new keyset, have not arrived: subscribing
  /// to the directive topics again makes the broker repeat them. Cleared by a new connection.
  bool directive_missing() const { return directive_missing_; }

 private:
  /// Refused copies of an offer before the assignment is given up.
  static constexpr uint32_t kMaxRefusedOffers = 8;
  static constexpr uint8_t kNoModel = kMaxModels;

  /// Every event begins with it; false before start().
  bool begin(MonoTime now);
  Status adopt_record(const Signed<Keyset>& provisioned);
  uint32_t purpose() const;
  TrustedKeys reduced(const Keyset& keyset) const;
  Status write_record(const TrustedKeys& keys, const LogWitness& witness);
  bool save_record(const TrustedKeys& keys, const LogWitness& witness);
  void take_checkpoint(const TransferOffer& offer);
  uint8_t find_model(const Name& name) const;
  void refuse(uint32_t& counter, Reason reason);
  void settle(TransferEvent event);
  void schedule();
  bool keep_transfer();
  bool another_waits() const;
  void start_transfer(uint8_t model, const Want& want);
  void report();
  void send_state();
  void send_health();
  void wake() { wake_at_ = context_.now; }

  bool started_ = false;
  bool directive_missing_ = false;
  bool progress_moved_ = false;  ///< since the last report
  uint8_t next_model_ = 0;       ///< whose turn it is
  uint32_t reconnect_window_s_ = 0;
  MonoTime wake_at_ = kNever;
  MonoTime health_at_;
  MonoTime uptime_at_;  ///< when uptime_s_ was true
  uint64_t uptime_s_ = 0;
  Want transfer_want_;  ///< what the transfer was started for
  Context context_;
  Transfer transfer_;
  MutableBytes chunk_buffer_;
  uint64_t seed_;
  DeviceRecord record_;
  LogWitness witness_;
  std::array<UpdateMachine, kMaxModels> machines_;
};

}  // namespace flotilla::edge
