#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "controller/app/build_progress.h"
#include "controller/app/log.h"
#include "controller/app/loop.h"
#include "controller/artifact/parallel.h"
#include "controller/ports/payload_cache.h"
#include "controller/ports/transport.h"

namespace flotilla::controller::app {

struct EffectCounters {
  uint64_t published = 0;
  uint64_t publish_refused = 0;  ///< by the transport or the broker; asked for again
  uint64_t encode_failed = 0;    ///< always a defect
  uint64_t builds_refused = 0;
};

/// Carries effects out over the transport, the workers, the chunk shelf and the broker's rights. It
/// has no thread: everything but on_published() belongs to the loop's.
class EffectRunner final : public Outlets {
 public:
  struct Parts {
    Transport& transport;
    const Topics& topics;
    Hasher& hasher;
    Signer& director;
    ArtifactStore& artifacts;
    PayloadCache& payloads;
    Parallel& parallel;  ///< of one build
    /// Takes a build for a worker; false: no room.
    std::function<bool(std::function<void()>)> submit;
    const std::atomic<bool>& cancelled;  ///< the process ends: a build stops and has no answer
    Mailbox& mailbox;
    /// Brings the broker's access rules up to date; the text explains a failure.
    std::function<Status(const std::map<std::string, Device>&, std::string&)> write_rights;
    std::string keyset;  ///< signed envelope, as it is published
    /// Puts a keyset in force, with use_keyset() among the rest.
    std::function<Status(const std::string& envelope)> adopt_keyset;
    std::function<void(const PlaceTransfer&)> place;
    std::function<void(const ClearTransfer&)> clear;
    /// Once for each class after the first connection: clears what nobody remembers.
    std::function<void(const std::string& hardware_class, const std::set<TransferId>&)> sweep;
    LogSink log = log_line;
    /// For the progress of builds only.
    std::function<BuildProgress::Clock::time_point()> clock = BuildProgress::Clock::now;
  };

  /// Rights are rewritten at most this often; the first change at once.
  static constexpr Duration kRightsInterval = milliseconds(100);
  /// Until what was refused is tried again.
  static constexpr Duration kRetryInterval = seconds(10);
  /// Messages that wait for room in the transport, of each kind.
  static constexpr size_t kMaxWaiting = 32768;

  explicit EffectRunner(Parts parts) : parts_(std::move(parts)) {}

  void connected(const ControlPlane& plane) override;
  void perform(const Effect& effect) override;
  void settle(const ControlPlane& plane, MonoTime now) override;

  /// The transport's answer to a publish; called from its thread.
  void on_published(uint64_t token, bool ok, const std::string& reason);

  EffectCounters counters() const;

  /// Published to every class with the next settle().
  void use_keyset(std::string envelope);

 private:
  void run(const PublishDirective& effect);
  void run(const SendAcknowledgement& effect);
  void run(const BuildTransfers& effect);
  void run(const PlaceTransfer& effect);
  void run(const ClearTransfer& effect);
  void run(const RegenerateRights& effect);
  void run(const SignCheckpoint& effect);
  void run(const AdoptKeyset& effect);
  void run(const RemoveArtifacts& effect);
  struct Message {
    Topic topic;
    std::string payload;
    bool retain = false;
    uint64_t token = 0;
  };

  /// At once, or from settle() when the transport has enough in flight.
  void publish(const Topic& topic, Bytes payload, bool retain, uint64_t token);
  bool publish_now(const Message& message);
  void publish_waiting();
  void sweep(const ControlPlane& plane);
  void adopt_keyset(MonoTime now);
  void publish_keysets(const ControlPlane& plane);
  void write_rights(const ControlPlane& plane, MonoTime now);
  void remove_artifacts(const ControlPlane& plane);

  Parts parts_;
  // What waits for room. A fleet that reports at once is owed thousands of acknowledgements, and a
  // directive must not wait for them.
  std::deque<Message> urgent_;  ///< directives and keysets; at most kMaxWaiting
  std::deque<Message> acks_;    ///< at most kMaxWaiting
  bool swept_ = false;
  std::string adopting_;  ///< keyset that is on record and not yet in force; empty: none
  MonoTime adoption_due_{INT64_MIN / 2};
  std::set<std::string> keyset_classes_;  ///< that have it since the connection was made
  std::atomic<bool> keyset_refused_ = false;
  MonoTime keyset_due_{INT64_MIN / 2};
  bool found_removals_ = false;  ///< those that an earlier process left undone
  std::set<Digest> removals_;    ///< artifacts, until the turn ends
  bool rights_dirty_ = true;
  MonoTime rights_due_{INT64_MIN / 2};
  std::atomic<uint64_t> published_ = 0;
  std::atomic<uint64_t> publish_refused_ = 0;
  uint64_t last_number_ = 0;  ///< of tokens that name no outbox entry
  uint64_t encode_failed_ = 0;
  uint64_t builds_refused_ = 0;
};

}  // namespace flotilla::controller::app
