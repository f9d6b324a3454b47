#pragma once

#include <functional>
#include <map>
#include <string>

#include "controller/app/attestation_check.h"
#include "controller/app/mailbox.h"
#include "controller/domain/control_plane.h"
#include "schemas/protocol/topics.h"

namespace flotilla::controller::app {

struct IntakeCounters {
  uint64_t bad_topic = 0;    ///< not ours, or in a shard that is not the device's
  uint64_t bad_message = 0;  ///< too large, not decodable, or another device's
  uint64_t unknown_device = 0;
  uint64_t bad_attestation = 0;
  uint64_t workers_busy = 0;  ///< reports dropped; the device repeats them
};

/// What devices send -> events. Bytes from outside never stop anything: they are dropped, counted
/// and named in the log once per interval. Loop thread only.
class Intake {
 public:
  struct Parts {
    const Topics& topics;
    Hasher& hasher;
    const SignatureVerifier& verifier;
    /// Takes a job for a worker; false: no room.
    std::function<bool(std::function<void()>)> submit;
    /// Where a worker's result goes.
    std::function<bool(Mail)> push;
    /// One line for people.
    std::function<void(const std::string& topic, const char* reason)> complain;
  };

  explicit Intake(Parts parts) : parts_(std::move(parts)) {}

  /// The event, when it can be had at once. A report with attestations that were not verified
  /// before comes back later, through the mailbox.
  std::optional<Event> read(const BrokerMessage& message, const ControlPlane& plane, WallTime now);

  void count_refused_attestations(uint64_t refused) { counters_.bad_attestation += refused; }
  const IntakeCounters& counters() const { return counters_; }

 private:
  struct Inspection;

  std::optional<Event> drop(uint64_t& counter, const std::string& topic, const char* reason);
  std::optional<Event> read_state(const BrokerMessage& message, std::string_view device,
                                  const ControlPlane& plane);
  std::optional<Event> read_health(const BrokerMessage& message, std::string_view device);
  std::optional<Event> inspect(Inspection inspection);

  Parts parts_;
  IntakeCounters counters_;
  WallTime complained_{INT64_MIN / 2};
  WallTime now_;
};

}  // namespace flotilla::controller::app
