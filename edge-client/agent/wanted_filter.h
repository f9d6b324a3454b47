#pragma once

#include <cstdint>
#include <optional>

#include "edge-client/mqtt/session.h"
#include "schemas/base/time.h"
#include "schemas/protocol/topics.h"

namespace flotilla::edge {

/// What the device wants to receive of a transfer: its offer, or one group of its chunks.
struct TransferPart {
  TransferId transfer = 0;
  uint32_t group = 0;  ///< 0 for an offer
  bool operator==(const TransferPart&) const = default;
};

/// One subscription that changes: the part that is wanted against the part that the broker was
/// asked for. Level-triggered: pump() moves the second towards the first as the session has room.
/// Each new part gets a new subscription identifier, so that what the broker still sends for an
/// abandoned one is recognised by a number alone.
class WantedFilter {
 public:
  using Build = Topic (*)(const Topics&, std::string_view hardware_class, const TransferPart&);

  WantedFilter(Build build, const Topics& topics, std::string_view hardware_class)
      : build_(build), topics_(topics), hardware_class_(hardware_class) {}

  /// `fresh_id`: identifier to use unless `part` is the one that is wanted already.
  void ask(const TransferPart& part, uint32_t fresh_id);
  /// Nothing changes when another part is wanted.
  void release(const TransferPart& part);
  /// The connection is gone, and all subscriptions with it.
  void forget();

  bool wants(const TransferPart& part) const { return wanted_ == part; }
  bool has_id(uint32_t id) const { return wanted_.has_value() && id == id_; }
  /// Of the wanted part; there must be one.
  Topic topic() const { return build_(topics_, hardware_class_, *wanted_); }

  /// kResourceExhausted: call again when output has drained. Anything else is an answer about the
  /// wanted part, which is not asked for again until the next ask().
  Status pump(mqtt::Session& session, bool use_id, MonoTime now);
  /// True when `packet_id` belongs to the newest subscribe request, and its part is still wanted.
  bool is_answer(uint16_t packet_id) const { return packet_id != 0 && packet_id == packet_id_; }

 private:
  bool drop_old(mqtt::Session& session, MonoTime now);

  Build build_;
  const Topics& topics_;
  std::string_view hardware_class_;
  std::optional<TransferPart> wanted_;
  std::optional<TransferPart> subscribed_;
  uint32_t id_ = 0;
  uint16_t packet_id_ = 0;
  bool ask_ = false;
};

}  // namespace flotilla::edge
