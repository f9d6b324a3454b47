#pragma once

#include <map>
#include <optional>
#include <string>

#include "controller/domain/event.h"
#include "schemas/protocol/hasher.h"
#include "schemas/protocol/messages.h"

namespace flotilla::testing {

/// How a trial of an image ends on a device.
enum class Ending { kConfirm, kRevert, kReject, kFail, kNeverReturns };

/// What a device finds in the broker.
struct Retained {
  std::map<std::pair<std::string, std::string>, Directive> directives;  ///< class, model
  std::map<TransferId, Digest> transfers;                               ///< id -> base
};

/// Follows directives as docs/spec/protocol.md asks, one state a poll, without any bytes: enough
/// of a device for tests of the controller's decisions.
class ScriptedDevice {
 public:
  ScriptedDevice(std::string name, std::string hardware_class, Hasher& sha256);

  std::string id;
  std::string hardware_class;
  std::string claimed_class;  ///< what its reports say
  std::string site;
  bool silent = false;
  bool stuck = false;                ///< its transfer never ends
  std::map<Digest, Ending> endings;  ///< kConfirm unless stated
  std::map<std::string, ModelState> models;
  ReportOrder order{1, 1, 0};
  ReportOrder acknowledged;
  uint64_t repetitions = 0;

  void hold(const std::string& model, const Digest& image);
  /// The device is off for a moment; an unfinished transfer starts over.
  void reboot();
  /// The journal is lost: a new incarnation that remembers no rollout.
  void lose_journal(uint64_t incarnation);

  /// Reads what is retained, and moves by one state. Returns the report that is to be sent, if any.
  std::optional<controller::StateReported> poll(const Retained& retained);
  controller::StateReported report() const;
  controller::HealthReported health() const;
  /// Forces the current state to be reported anew.
  void changed();

 private:
  void follow(ModelState& model, const Directive& directive, const Retained& retained);
  void obey(ModelState& model, const Directive& directive);
  void begin(ModelState& model, const Directive& directive);
  void advance(ModelState& model, const Directive& directive, const Retained& retained);
  void finish(ModelState& model);
  Ending ending(const Digest& image) const;

  Hasher& hasher_;
  std::map<std::string, Digest> targets_;  ///< image of the newest try, by model
  uint32_t polls_since_send_ = 0;
};

}  // namespace flotilla::testing
